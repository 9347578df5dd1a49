import type { Actor, Origin } from '../../context.js'
import type { Db } from '../../database/client.js'
import type { SessionParts } from './session-parts.js'

interface LoggingOut {
  actor: Actor | null
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
  const { db, clock, audit, refreshTokens, identities } = parts
  return {
    /** Ends the session of a refresh token of any generation, or else the actor's. An unknown one is left alone. */
    async logOut({ actor, origin }: LoggingOut, refreshToken: string | undefined): Promise<void> {
      const place = refreshToken === undefined ? null : refreshTokens.read(refreshToken)
      const id = place?.sessionId ?? actor?.sessionId
      if (id === undefined) return
      await db.$transaction(async (tx) => {
        const [ended] = await tx.session.updateManyAndReturn({
          where: { id, revokedAt: null },
          data: { revokedAt: clock.now(), revokedReason: 'logout' },
        })
        if (!ended) return
        const { userId } = ended
        identities.distrust(userId)
        await audit.record(tx, { type: 'logout', actorId: userId, userId, origin, data: { sessionId: id } })
      })
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
