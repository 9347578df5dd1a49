import type { Origin } from '../../core/actor.js'
import type { Db } from '../../core/database/client.js'
import type { SessionParts } from './dependencies.js'
import { sessionIdsOf } from './rules.js'

interface LoggingOut {
  /** The access token of the request, which may have expired. */
  bearer: string | null
  origin: Origin
}

interface EndPresented {
  refreshTokens: readonly string[]
  origin: Origin
}

interface EndAll {
  userId: string
  /** Why, for the row: a dotted name of the audit trail. */
  reason: string
  exceptSessionId?: string
}

/** How sessions end by logging out, and by what happens to their users. */
export function createSessionEndings(parts: SessionParts) {
  const { db, clock, identities, refreshTokens: tokens } = parts
  return {
    /**
     * Ends the sessions of refresh tokens of any generation, and that of an access token. Tokens that this server did not make, and
     * sessions that have ended, are left alone.
     */
    async logOut({ bearer, origin }: LoggingOut, refreshTokens: readonly string[]): Promise<void> {
      const named = bearer === null ? null : await parts.accessTokens.sessionOf(bearer)
      const ids = [...sessionIdsOf(tokens, refreshTokens), ...(named === null ? [] : [named])]
      if (ids.length > 0) await db.$transaction((tx) => endByIds(parts, tx, { ids, type: 'logout', origin }))
    },

    /** Ends the sessions of the refresh tokens that a login came with: it replaces them. */
    async endReplaced(tx: Db, { refreshTokens, origin }: EndPresented): Promise<void> {
      const ids = sessionIdsOf(tokens, refreshTokens)
      if (ids.length > 0) await endByIds(parts, tx, { ids, type: 'session.replaced', origin })
    },

    /**
     * Ends the sessions of a user, as a part of a transaction that has locked or changed the user's row before: a
     * login that runs beside it waits for that row, so no session slips through.
     */
    async endAll(tx: Db, { userId, reason, exceptSessionId }: EndAll): Promise<void> {
      const others = exceptSessionId === undefined ? {} : { id: { not: exceptSessionId } }
      const data = { revokedAt: clock.now(), revokedReason: reason }
      await tx.session.updateMany({ where: { userId, revokedAt: null, ...others }, data })
      identities.distrust(userId)
    },
  }
}

interface EndByIds {
  ids: string[]
  type: 'logout' | 'session.replaced'
  origin: Origin
}

async function endByIds({ clock, identities, audit }: SessionParts, tx: Db, { ids, type, origin }: EndByIds) {
  const ended = await tx.session.updateManyAndReturn({
    where: { id: { in: ids }, revokedAt: null },
    data: { revokedAt: clock.now(), revokedReason: type },
    select: { id: true, userId: true },
  })
  for (const { id: sessionId, userId } of ended) {
    identities.distrust(userId)
    await audit.record(tx, { type, actorId: userId, userId, origin, data: { sessionId } })
  }
}
