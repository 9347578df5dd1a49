import type { Db, Transaction } from '../../core/database/client.js'

/** A living user by address, with the password's hash; null if there is none. */
export function findAccount(db: Db, email: string) {
  return db.user.findFirst({ where: { email }, omit: { passwordHash: false } })
}

/**
 * Locks a living user for a change. What changes an account locks it first, and then touches its sessions, mails and
 * tokens, so that no two changes wait for each other.
 */
export async function lockAccount(tx: Transaction, id: string) {
  await tx.$queryRaw`
    SELECT u."id" FROM "User" u WHERE u."id" = ${id}::uuid AND u."deletedAt" IS NULL FOR NO KEY UPDATE`
  return readAccount(tx, id)
}

function readAccount(tx: Transaction, id: string) {
  return tx.user.findUnique({ where: { id }, omit: { passwordHash: false } })
}
