import { createHash } from 'node:crypto'
import type { Db, Transaction } from '../../database/client.js'
import type { LimitRule, RateLimits } from '../../security/rate-limits.js'

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

/**
 * Charges a limit to an address, whether an account has it or not, so that the refusal tells nothing.
 *
 * @throws AppError RATE_LIMITED
 */
export async function chargeAccount(limits: RateLimits, rule: AccountLimit, email: string): Promise<void> {
  const key = createHash('sha256').update(email).digest('base64url')
  await limits.charge({ ...rule, by: 'address' }, `account:${key}`)
}

type AccountLimit = Omit<LimitRule, 'by'>
