import { createHash } from 'node:crypto'
import { chmod, mkdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { codeOf } from '../../core/unknown-values.js'
import { makeDataFolder, notWritable } from '../data-folder.js'
import { canEnter, chooseAccount, ownFolder, type ServerAccount } from './account.js'
import { exists, prepareBinaries } from './binaries.js'
import { makeCluster } from './initdb.js'
import { type ServerFiles, stopServer } from './process.js'

/** A PostgreSQL cluster on disk, and the parameters to run it. */
export interface Cluster extends ServerFiles {
  /** Holds the data folder, the password and the log. */
  folder: string
  /** The requested location of the cluster; `folder` is elsewhere if the account of the server cannot access it. */
  dataDir: string
}

const noteName = 'postgres-is-elsewhere.txt'

/** Finds the cluster of a data folder, or creates it. Cancelled starts leave no incomplete cluster. */
export async function prepareCluster(dataDir: string, log?: (line: string) => void): Promise<Cluster> {
  const home = await makeDataFolder(dataDir)
  const account = await chooseAccount(path.join(home, 'postgres/data'))
  const binaries = await prepareBinaries(account)
  const place = !account || (await canEnter(account, home)) ? home : await moveOutside(home, account, binaries)
  const folder = path.join(place, 'postgres')
  if (!(await exists(path.join(folder, 'data/PG_VERSION')))) {
    log?.(`Creating a PostgreSQL cluster in ${folder}`)
    await makeCluster({ place, folder, binaries, account }).catch((error: unknown) => {
      throw isDenied(error) ? notWritable(place, error) : error
    })
  }
  return { ...(await openCluster(folder, binaries, account)), dataDir: home }
}

/** Deletes a cluster whose server has ended, and its data folder if it is otherwise empty. */
export async function removeCluster(cluster: Cluster): Promise<void> {
  await rm(cluster.folder, { recursive: true, force: true, maxRetries: 3 })
  await rm(path.join(cluster.dataDir, noteName), { force: true })
  if (path.dirname(cluster.folder) !== cluster.dataDir) await rm(path.dirname(cluster.folder), { recursive: true })
  await rmdir(cluster.dataDir).catch(() => undefined)
}

function isDenied(error: unknown): boolean {
  return ['EACCES', 'EPERM'].includes(codeOf(error))
}

async function openCluster(folder: string, binaries: string, account: ServerAccount | undefined) {
  try {
    const password = await readFile(path.join(folder, 'password'), 'utf8')
    const files = { dataFolder: path.join(folder, 'data'), logFile: path.join(folder, 'server.log') }
    return { folder, ...files, password, binaries, account }
  } catch (error) {
    throw notWritable(folder, error)
  }
}

/*
 * The account of the server cannot access root's home and temporary folders, so the cluster is elsewhere, with a name
 * derived from the path of the data folder. A file in the data folder refers to it: without it, a new cluster is created.
 */
async function moveOutside(home: string, account: ServerAccount, binaries: string): Promise<string> {
  const hash = createHash('sha256').update(home).digest('hex').slice(0, 16)
  const place = path.join(await ownFolder(account), `cluster-${hash}`)
  const note = path.join(home, noteName)
  if (!(await exists(note))) {
    await stopServer({ dataFolder: path.join(place, 'postgres/data'), binaries, account }, { mode: 'immediate' })
    await rm(place, { recursive: true, force: true })
    await writeFile(
      note,
      `PostgreSQL does not run as root, and no other account can enter this folder.
So the cluster is in ${place}
Without this note, the next start deletes that and makes a new one.\n`,
    )
  }
  await mkdir(place, { recursive: true })
  await chmod(place, 0o711)
  return place
}
