import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { chooseAccount, ownFolder, temporaryParents } from './account.js'
import { prepareBinaries } from './binaries.js'
import { startEmbeddedPostgres } from './embedded-postgres.js'
import { isAbandoned } from './initdb.js'
import { stopServer } from './process.js'

const prefix = 'throwaway-'
const lifetimeMs = 24 * 60 * 60_000
const unsafe = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }

export interface ThrowawayPostgres {
  url: string
  /** Stops the server and deletes its cluster. */
  stop(): Promise<void>
}

/**
 * Starts an embedded PostgreSQL on a new temporary cluster for tests, fast and without durability. Clusters of killed
 * processes are removed first.
 *
 * @throws RemedyError as {@link startEmbeddedPostgres}
 */
export async function startThrowawayPostgres(
  settings: Readonly<Record<string, string>> = {},
): Promise<ThrowawayPostgres> {
  const account = await chooseAccount('')
  const parent = await ownFolder(account, temporaryParents)
  await removeAbandoned(parent)
  const dataDir = await mkdtemp(path.join(parent, `${prefix}${process.pid}-`))
  if (account) await chmod(dataDir, 0o711)
  const server = await startEmbeddedPostgres({ dataDir, database: 'test', settings: { ...unsafe, ...settings } })
  return { url: server.url, stop: () => server.stop({ remove: true }) }
}

async function removeAbandoned(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const folder = path.join(parent, name)
    if (name.startsWith(prefix) && (await isAbandoned(folder, prefix, lifetimeMs))) await remove(folder)
  }
}

async function remove(folder: string): Promise<void> {
  const dataFolder = path.join(folder, 'postgres/data')
  const account = await chooseAccount(dataFolder)
  await stopServer({ dataFolder, binaries: await prepareBinaries(account), account }, { mode: 'immediate' })
  await rm(folder, { recursive: true, force: true, maxRetries: 3 })
}
