import type { Actor } from '../../core/actor.js'
import type { Transaction } from '../../core/database/client.js'
import type { ByIdAndVersion } from '../../core/fields/schema.js'
import { lockRow } from '../../core/rows/row.js'
import { endKeys } from '../api-keys/end-keys.js'
import type { AuditEventType } from '../audit/schema.js'
import { doneBy } from '../audit/service.js'
import { revokeTokensAndUnsentMails } from '../auth/mail-tokens.js'
import type { UsersDependencies } from './dependencies.js'
import { inviteIfUnproved, refuseTakenEmail } from './invite.js'
import { assertAdminRemains, assertStillAdmin, type LockedUser, lockStanding, lockUser } from './lock.js'
import type { User } from './schema.js'
import { toUser } from './view.js'

/**
 * Soft-deletes a user and ends their sessions, API keys and links.
 *
 * @throws NotFoundError, VersionMismatchError, LastAdminError
 */
export async function removeUser(
  dependencies: UsersDependencies,
  actor: Actor,
  { id, version }: ByIdAndVersion,
): Promise<void> {
  await dependencies.db.$transaction(async (tx) => {
    await lockStanding(tx)
    await assertStillAdmin(tx, actor)
    await removeLocked(dependencies, tx, actor, await lockUser(tx, { id, version }))
  })
}

/**
 * Restores a removed user.
 *
 * @throws NotFoundError unless the user is removed and was not erased, VersionMismatchError, EmailTakenError
 */
export async function restoreUser(
  { db, clock, audit }: UsersDependencies,
  actor: Actor,
  { id, version }: ByIdAndVersion,
): Promise<User> {
  const restoration = db.$transaction(async (tx) => {
    await lockStanding(tx)
    await assertStillAdmin(tx, actor)
    const where = { id, deletedAt: { not: null }, erasedAt: null }
    await lockRow(tx, 'User', { id, version }, () => tx.user.findFirst({ where }))
    const user = await tx.user.update({ where, data: { deletedAt: null, version: { increment: 1 } } })
    await inviteIfUnproved(clock, tx, user)
    await audit.record(tx, { type: 'user.restored', ...doneBy(actor), userId: id })
    return toUser(user)
  })
  return restoration.catch(refuseTakenEmail)
}

/**
 * Soft-deletes a locked user. The caller has called `lockStanding`.
 *
 * @throws LastAdminError
 */
export async function removeLocked(
  dependencies: UsersDependencies,
  tx: Transaction,
  actor: Actor,
  user: LockedUser,
): Promise<void> {
  await assertAdminRemains(tx, user, null)
  const data = { deletedAt: dependencies.clock.now(), version: { increment: 1 } }
  await tx.user.updateMany({ where: { id: user.id }, data })
  await endAccess(dependencies, tx, { userId: user.id, reason: 'user.removed' })
  await dependencies.audit.record(tx, { type: 'user.removed', ...doneBy(actor), userId: user.id })
}

/** Ends the sessions, API keys and mailed links of a user, including links that were not sent yet. */
export async function endAccess(
  { sessions, clock }: UsersDependencies,
  tx: Transaction,
  { userId, reason }: { userId: string; reason: AuditEventType },
): Promise<void> {
  const now = clock.now()
  await sessions.endAll(tx, { userId, reason })
  await endKeys(tx, { userId, reason, now })
  await revokeTokensAndUnsentMails(tx, { userId, now })
}
