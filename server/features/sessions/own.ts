import type { Actor } from '../../core/actor.js'
import { NotFoundError } from '../../core/errors.js'
import type { RevokeSession, SessionView } from '../auth/schema.js'
import type { SessionParts } from './dependencies.js'

const listedMax = 100

/** What users see of their own sessions and do with them (OWASP ASVS 7.5.2). */
export function createOwnSessions({ db, clock, audit, identities }: SessionParts) {
  return {
    /** The actor's living sessions, the last used one first; the one that asks is always among them. */
    list: (actor: Actor): Promise<SessionView[]> => list({ db, clock }, actor),

    /**
     * Ends one of the actor's sessions.
     *
     * @throws NotFoundError
     */
    async revoke({ userId, origin }: Actor, { id }: RevokeSession): Promise<void> {
      const now = clock.now()
      await db.$transaction(async (tx) => {
        const { count } = await tx.session.updateMany({
          where: { id, userId, revokedAt: null, expiresAt: { gt: now } },
          data: { revokedAt: now, revokedReason: 'session.revoked' },
        })
        if (count === 0) throw new NotFoundError({ resource: 'Session' })
        identities.distrust(userId)
        await audit.record(tx, { type: 'session.revoked', actorId: userId, userId, origin, data: { sessionId: id } })
      })
    },

    /** Ends the actor's sessions but the one that asks. */
    async revokeOthers({ userId, sessionId, origin }: Actor): Promise<void> {
      await db.$transaction(async (tx) => {
        await tx.session.updateMany({
          where: { userId, revokedAt: null, id: { not: sessionId } },
          data: { revokedAt: clock.now(), revokedReason: 'sessions.revoked' },
        })
        identities.distrust(userId)
        await audit.record(tx, { type: 'sessions.revoked', actorId: userId, userId, origin })
      })
    },
  }
}

async function list(
  { db, clock }: Pick<SessionParts, 'db' | 'clock'>,
  { userId, sessionId }: Actor,
): Promise<SessionView[]> {
  const read = (id: string | { not: string }) =>
    db.session.findMany({
      where: { id, userId, revokedAt: null, expiresAt: { gt: clock.now() } },
      select: { id: true, createdAt: true, lastUsedAt: true, ip: true, userAgent: true },
      orderBy: [{ lastUsedAt: 'desc' }, { id: 'desc' }],
      take: listedMax - 1,
    })
  const [current, others] = await Promise.all([read(sessionId), read({ not: sessionId })])
  const rows = [...others, ...current].toSorted((a, b) => b.lastUsedAt.getTime() - a.lastUsedAt.getTime())
  return rows.map((row) => ({ ...row, isCurrent: row.id === sessionId }))
}
