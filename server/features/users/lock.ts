import { type Actor, isSystem } from '../../core/actor.js'
import type { Transaction } from '../../core/database/client.js'
import { ForbiddenError, LastAdminError } from '../../core/errors.js'
import { lockRow } from '../../core/rows/row.js'
import type { User } from '../../generated/client.js'
import { maySignIn } from '../sessions/session.js'

/** What a change has to know of the user that it changes. */
export type LockedUser = Omit<User, 'passwordHash'> & { hasPassword: boolean }

type Standing = Pick<LockedUser, 'role' | 'emailVerifiedAt' | 'disabledAt'>

/**
 * Makes changes of who is an admin wait for each other until the transaction ends: of role, status, deletion, and of an
 * address that must then be verified. Take it before any row lock.
 */
export async function lockStanding(tx: Transaction): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended('users: who is an admin', 0))`
}

/**
 * Reads the acting admin again behind {@link lockStanding}, so that a preceding demotion takes effect. Access is
 * decided at the procedure; this decision belongs to the transaction, because the role may have changed before the
 * lock.
 *
 * @throws ForbiddenError
 */
export async function assertStillAdmin(tx: Transaction, actor: Actor): Promise<void> {
  if (isSystem(actor)) return
  const row = await tx.user.findUnique({ where: { id: actor.userId } })
  if (row?.role !== 'admin' || !maySignIn(row)) throw new ForbiddenError()
}

/**
 * Locks a living user for a change.
 *
 * @throws NotFoundError, VersionMismatchError
 */
export async function lockUser(
  tx: Transaction,
  user: { id: string; version?: number | undefined },
): Promise<LockedUser> {
  const { passwordHash, ...row } = await lockRow(tx, 'User', user, () =>
    tx.user.findUnique({ where: { id: user.id }, omit: { passwordHash: false } }),
  )
  return { ...row, hasPassword: passwordHash !== null }
}

/**
 * Rejects a change after which no admin could act. Admins who have not accepted their invitation do not count.
 *
 * @param next the state of the user after the change; null for removed
 * @throws LastAdminError
 */
export async function assertAdminRemains(tx: Transaction, user: LockedUser, next: Standing | null): Promise<void> {
  if (!mayAdminister(user) || (next && mayAdminister(next))) return
  const active = { disabledAt: null, emailVerifiedAt: { not: null }, passwordHash: { not: null } }
  const others = await tx.user.count({ where: { role: 'admin', id: { not: user.id }, ...active } })
  if (others === 0) throw new LastAdminError()
}

function mayAdminister(standing: Standing): boolean {
  return standing.role === 'admin' && maySignIn(standing)
}
