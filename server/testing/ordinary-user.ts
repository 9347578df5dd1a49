import path from 'node:path'
import { canEnter } from '../development/embedded-postgres/account.js'

export const ordinaryUser = { uid: 65534, gid: 65534 }

/** Whether root can run this code as an ordinary user, who may not have access to Node.js and the clone. */
export async function canRunAsOrdinaryUser(): Promise<boolean> {
  if (process.getuid?.() !== 0) return false
  const folders = [import.meta.dirname, path.dirname(process.execPath)]
  return (await Promise.all(folders.map((folder) => canEnter(ordinaryUser, folder)))).every(Boolean)
}
