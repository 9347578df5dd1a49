import path from 'node:path'
import { canEnter } from '../development/embedded-postgres/account.js'

export const ordinaryUser = { uid: 65534, gid: 65534 }

/** Whether root can run this suite's code as an ordinary user: Node.js and the clone may lie in folders closed to it. */
export async function canRunAsOrdinaryUser(): Promise<boolean> {
  if (process.getuid?.() !== 0) return false
  const folders = [import.meta.dirname, path.dirname(process.execPath)]
  return (await Promise.all(folders.map((folder) => canEnter(ordinaryUser, folder)))).every(Boolean)
}
