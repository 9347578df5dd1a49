import type { Origin } from '../../core/actor.js'
import type { Transaction } from '../../core/database/client.js'
import { removeInBatches } from '../../core/retention.js'
import { endAndRecord, type SessionDependencies, sessionIdsOf } from './session.js'

/** The credentials of a logout. */
export interface LogOutCaller {
  /** The access token of the request, which may have expired. */
  bearer: string | null
  origin: Origin
}

/**
 * Ends the sessions of refresh tokens of any generation, and that of an access token. Unknown tokens and ended sessions
 * are ignored.
 */
export async function logOut(
  dependencies: SessionDependencies,
  { bearer, origin }: LogOutCaller,
  refreshTokens: readonly string[],
): Promise<void> {
  const named = bearer === null ? null : await dependencies.accessTokens.sessionOf(bearer)
  const ids = [...sessionIdsOf(dependencies.refreshTokens, refreshTokens), ...(named === null ? [] : [named])]
  if (ids.length === 0) return
  await dependencies.db.$transaction((tx) => endAndRecord(dependencies, tx, { ids, type: 'logout', origin }))
}

export interface EndAll {
  userId: string
  /** The reason for the row: a dotted name of the audit trail. */
  reason: string
  exceptSessionId?: string
}

/**
 * Ends the sessions of a user, in a transaction that has locked or changed the row of the user before. A concurrent
 * login waits for that row, so no session is missed.
 */
export async function endAll(
  { clock, cache }: SessionDependencies,
  tx: Transaction,
  { userId, reason, exceptSessionId }: EndAll,
): Promise<void> {
  const others = exceptSessionId === undefined ? {} : { id: { not: exceptSessionId } }
  const data = { revokedAt: clock.now(), revokedReason: reason }
  await tx.session.updateMany({ where: { userId, revokedAt: null, ...others }, data })
  cache.distrust(userId)
}

/** Deletes sessions that ended before a time, and returns their number. */
export function removeEnded({ db }: SessionDependencies, before: Date): Promise<number> {
  const where = { OR: [{ expiresAt: { lt: before } }, { revokedAt: { lt: before } }] }
  return removeInBatches((limit) => db.session.deleteMany({ where, limit }))
}
