import { chmod, lstat, mkdir, readFile, stat } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { RemedyError } from '../../core/remedy-error.js'

/** The ids of the system account that runs PostgreSQL. */
export interface ServerAccount {
  uid: number
  gid: number
}

/**
 * The account for the server of a cluster: undefined (the current one) for an ordinary user. PostgreSQL refuses to run
 * as root, so root starts it as the owner of the cluster, or as `nobody`.
 */
export async function chooseAccount(dataFolder: string): Promise<ServerAccount | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const owner = await stat(dataFolder).catch(() => undefined)
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid }
  return nobody()
}

async function nobody(): Promise<ServerAccount> {
  const users = await readFile('/etc/passwd', 'utf8').catch(() => '')
  const [, uid, gid] = /^nobody:[^:]*:(\d+):(\d+):/m.exec(users) ?? []
  return uid && gid ? { uid: Number(uid), gid: Number(gid) } : { uid: 65534, gid: 65534 }
}

/** Whether the account may access a folder and all its parents. */
export async function canEnter(account: ServerAccount, folder: string): Promise<boolean> {
  const { uid, gid, mode } = await stat(folder)
  const execute = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001
  if ((mode & execute) === 0) return false
  const parent = path.dirname(folder)
  return parent === folder || canEnter(account, parent)
}

const persistentParents = ['/var/lib', '/var/tmp', '/tmp', os.tmpdir()]
/** Folders that may be emptied when the machine restarts. */
export const temporaryParents = [os.tmpdir(), '/var/tmp', '/tmp']

/**
 * A folder outside of the project that belongs to this user only and that the account can access. A folder with this
 * name that others own or can write to is not used.
 *
 * @throws RemedyError if no location is suitable
 */
export async function ownFolder(
  account: ServerAccount | undefined,
  parents: readonly string[] = account ? persistentParents : temporaryParents,
): Promise<string> {
  for (const parent of parents) {
    const folder = path.join(parent, `embedded-postgres-${process.getuid?.() ?? os.userInfo().uid}`)
    if (await isOurs(folder, account).catch(() => false)) return folder
  }
  throw new RemedyError(
    `The embedded PostgreSQL needs its own folder in one of ${parents.join(', ')}, but cannot create one. ` +
      'Set DATABASE_URL to your own PostgreSQL server.',
  )
}

async function isOurs(folder: string, account: ServerAccount | undefined): Promise<boolean> {
  await mkdir(folder, { mode: 0o700 }).catch(() => undefined)
  const found = await lstat(folder)
  const isSafe = process.platform === 'win32' || (found.uid === process.getuid?.() && (found.mode & 0o022) === 0)
  if (!found.isDirectory() || !isSafe) return false
  if (account) await chmod(folder, 0o711)
  return !account || canEnter(account, folder)
}
