import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmod, chown, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { RemedyError } from '../../core/remedy-error.js'
import type { ServerAccount } from './account.js'
import { exists, program, publish } from './binaries.js'
import { isAlive, serverSpawnOptions } from './process.js'

const draftPrefix = 'postgres.new-'

export interface Draft {
  place: string
  folder: string
  binaries: string
  account: ServerAccount | undefined
}

/**
 * Creates a cluster in a temporary folder and renames it, so that an interrupted start leaves no incomplete cluster. Of
 * two concurrent starts, the first one wins.
 *
 * @throws RemedyError if `initdb` fails
 */
export async function makeCluster({ place, folder, binaries, account }: Draft): Promise<void> {
  if (!account) assertNamedUser()
  await removeAbandonedDrafts(place)
  const draft = await mkdtemp(path.join(place, `${draftPrefix}${process.pid}-`))
  const password = randomBytes(24).toString('base64url')
  const [dataFolder, passwordFile] = [path.join(draft, 'data'), path.join(draft, 'initial-password')]
  await mkdir(dataFolder, { mode: 0o700 })
  for (const file of [passwordFile, path.join(draft, 'password')]) await writeFile(file, password, { mode: 0o600 })
  if (account) {
    await chmod(draft, 0o711)
    for (const file of [dataFolder, passwordFile]) await chown(file, account.uid, account.gid)
  }
  await runInitdb({ binaries, account, dataFolder, passwordFile })
  await rm(passwordFile)
  await publish(draft, folder)
  if (!(await exists(path.join(folder, 'data/PG_VERSION')))) {
    throw new RemedyError(
      `${folder} exists but is not a PostgreSQL cluster. Move it to another place, then start again.`,
    )
  }
}

/** PostgreSQL asks for the name of the user that runs it, which a container that chose a number may not have. */
function assertNamedUser(): void {
  try {
    os.userInfo()
  } catch (cause) {
    const uid = process.getuid?.() ?? 0
    throw new RemedyError(
      `The embedded PostgreSQL needs a user with a name, but user ${uid} has no entry in /etc/passwd. Add one (as root: ` +
        `echo "developer:x:${uid}:${process.getgid?.() ?? uid}::/tmp:/bin/sh" >> /etc/passwd), ` +
        'run the command as another user, or set DATABASE_URL to a PostgreSQL server.',
      { cause },
    )
  }
}

interface Initialisation {
  binaries: string
  account: ServerAccount | undefined
  dataFolder: string
  passwordFile: string
}

async function runInitdb({ binaries, account, dataFolder, passwordFile }: Initialisation): Promise<void> {
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8']
  const access = ['--username=postgres', '--auth=scram-sha-256', `--pwfile=${passwordFile}`]
  const child = spawn(program(binaries, 'initdb'), ['-D', dataFolder, ...locale, ...access], {
    ...serverSpawnOptions(account, dataFolder),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const fault = await new Promise<string | undefined>((resolve) => {
    child.on('error', (error) => resolve(error.message))
    child.on('close', (code) => resolve(code === 0 ? undefined : output))
  })
  if (fault !== undefined) {
    throw new RemedyError(`initdb failed. Set DATABASE_URL to use another PostgreSQL. Its output:\n${fault}`)
  }
}

async function removeAbandonedDrafts(place: string): Promise<void> {
  for (const name of await readdir(place)) {
    if (name.startsWith(draftPrefix) && (await isAbandoned(path.join(place, name), draftPrefix))) {
      await rm(path.join(place, name), { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined)
    }
  }
}

const draftLifetimeMs = 10 * 60_000

/** Whether a folder PREFIX-<process id>- is abandoned: its process has ended, or it is old. */
export async function isAbandoned(folder: string, prefix: string, lifetimeMs = draftLifetimeMs): Promise<boolean> {
  const pid = Number.parseInt(path.basename(folder).slice(prefix.length), 10)
  const { mtimeMs } = await stat(folder).catch(() => ({ mtimeMs: Date.now() }))
  const oldestMs = pid === process.pid ? process.uptime() * 1000 : lifetimeMs
  return !isAlive(pid) || Date.now() - mtimeMs > oldestMs
}
