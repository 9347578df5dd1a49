import type { Actor } from '../../core/actor.js'
import type { Transaction } from '../../core/database/client.js'
import type { AuditEventType } from '../audit/schema.js'
import { revokeTokensAndUnsentMails } from '../auth/mail-tokens.js'
import type { UsersParts } from './dependencies.js'
import { assertAdminRemains, type LockedUser } from './lock.js'

/** Ends what lets a user in: sessions and mailed links, those that are still to be sent included. */
export async function endAccess(
  { sessions, clock }: UsersParts,
  tx: Transaction,
  { userId, reason }: { userId: string; reason: AuditEventType },
): Promise<void> {
  await sessions.endAll(tx, { userId, reason })
  await revokeTokensAndUnsentMails(tx, { userId, now: clock.now() })
}

/**
 * Soft-deletes a locked user, behind the lock of `lockStanding`.
 *
 * @throws LastAdminError
 */
export async function removeLocked(parts: UsersParts, tx: Transaction, actor: Actor, user: LockedUser): Promise<void> {
  await assertAdminRemains(tx, user, null)
  const data = { deletedAt: parts.clock.now(), version: { increment: 1 } }
  await tx.user.updateMany({ where: { id: user.id }, data })
  await endAccess(parts, tx, { userId: user.id, reason: 'user.removed' })
  const { userId: actorId, origin } = actor
  await parts.audit.record(tx, { type: 'user.removed', actorId, userId: user.id, origin })
}
