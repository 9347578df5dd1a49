import type { Actor } from '../../core/actor.js'
import type { Transaction } from '../../core/database/client.js'
import { ForbiddenError, LastAdminError } from '../../core/errors.js'
import { lockRow } from '../../core/rows/locked-row.js'
import type { User } from '../../generated/client.js'
import { maySignIn } from '../sessions/session.js'

/** What a change has to know of the user that it changes. */
export type LockedUser = Omit<User, 'passwordHash'> & { hasPassword: boolean }

type Standing = Pick<LockedUser, 'role' | 'emailVerifiedAt' | 'disabledAt' | 'hasPassword'>

/**
 * Makes changes of who is an admin wait for each other until the transaction ends: of role, status, life, and of an
 * address that then has to be verified. Taken before any row.
 */
export async function lockStanding(tx: Transaction): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended('users: who is an admin', 0))`
}

/**
 * Looks at the acting admin afresh: behind {@link lockStanding} a demotion just before wins. Access is decided at the
 * procedure; this one decision belongs to the transaction, since what the procedure saw may have changed before the lock.
 *
 * @throws ForbiddenError
 */
export async function assertStillAdmin(tx: Transaction, actor: Actor): Promise<void> {
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
 * Refuses a change after which no admin could act. One who was invited and never came cannot.
 *
 * @param next what the user is to be; null to be removed
 * @throws LastAdminError
 */
export async function assertAdminRemains(tx: Transaction, user: LockedUser, next: Standing | null): Promise<void> {
  if (!mayAdminister(user) || (next && mayAdminister(next))) return
  const active = { disabledAt: null, emailVerifiedAt: { not: null }, passwordHash: { not: null } }
  const others = await tx.user.count({ where: { role: 'admin', id: { not: user.id }, ...active } })
  if (others === 0) throw new LastAdminError()
}

function mayAdminister(standing: Standing): boolean {
  return standing.role === 'admin' && standing.hasPassword && maySignIn(standing)
}
