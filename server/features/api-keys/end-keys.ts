import type { Database, Transaction } from '../../core/database/client.js'
import { removeInBatches } from '../../core/retention.js'

interface EndKeys {
  userId: string
  /** The reason for the rows: a dotted name of the audit trail. */
  reason: string
  now: Date
}

/**
 * Ends all API keys of a user, in a transaction that has locked or changed the row of the user before. A concurrent
 * creation waits for that row, so no key is missed.
 */
export async function endKeys(tx: Transaction, { userId, reason, now }: EndKeys): Promise<void> {
  const data = { revokedAt: now, revokedReason: reason }
  await tx.apiKey.updateMany({ where: { userId, revokedAt: null }, data })
}

/** Deletes keys that ended before a time, and returns their number. */
export function removeEndedKeys(db: Database, before: Date): Promise<number> {
  const where = { OR: [{ expiresAt: { lt: before } }, { revokedAt: { lt: before } }] }
  return removeInBatches((limit) => db.apiKey.deleteMany({ where, limit }))
}
