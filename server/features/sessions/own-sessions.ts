import { randomUUID } from 'node:crypto'
import type { Actor } from '../../core/actor.js'
import { NotFoundError } from '../../core/errors.js'
import { type RevokeSession, type SessionView, sessionsMax } from '../auth/schema.js'
import type { SessionDependencies } from './session.js'

/** The id of no session, for callers who have none. */
const noSession = randomUUID()

/** The active sessions of the actor, the last used first. The current session is always included (OWASP ASVS 7.5.2). */
export async function list({ db, clock }: SessionDependencies, { userId, sessionId }: Actor): Promise<SessionView[]> {
  const read = (id: string | { not: string }) =>
    db.session.findMany({
      where: { id, userId, revokedAt: null, expiresAt: { gt: clock.now() } },
      select: { id: true, createdAt: true, lastUsedAt: true, ip: true, userAgent: true },
      orderBy: [{ lastUsedAt: 'desc' }, { id: 'desc' }],
      take: sessionsMax - 1,
    })
  const own = sessionId ?? noSession
  const [current, others] = await Promise.all([read(own), read({ not: own })])
  const rows = [...others, ...current].toSorted((a, b) => b.lastUsedAt.getTime() - a.lastUsedAt.getTime())
  return rows.map((row) => ({ ...row, isCurrent: row.id === sessionId }))
}

/**
 * Ends one of the actor's sessions.
 *
 * @throws NotFoundError
 */
export async function revoke(
  { db, clock, audit, cache }: SessionDependencies,
  { userId, origin }: Actor,
  { id }: RevokeSession,
): Promise<void> {
  const now = clock.now()
  await db.$transaction(async (tx) => {
    const { count } = await tx.session.updateMany({
      where: { id, userId, revokedAt: null, expiresAt: { gt: now } },
      data: { revokedAt: now, revokedReason: 'session.revoked' },
    })
    if (count === 0) throw new NotFoundError({ resource: 'Session' })
    cache.distrust(userId)
    await audit.record(tx, { type: 'session.revoked', actorId: userId, userId, origin, data: { sessionId: id } })
  })
}

/** Ends all sessions of the actor except the current one. */
export async function revokeOthers(
  { db, clock, audit, cache }: SessionDependencies,
  { userId, sessionId, origin }: Actor,
): Promise<void> {
  await db.$transaction(async (tx) => {
    await tx.session.updateMany({
      where: { userId, revokedAt: null, id: { not: sessionId ?? noSession } },
      data: { revokedAt: clock.now(), revokedReason: 'sessions.revoked' },
    })
    cache.distrust(userId)
    await audit.record(tx, { type: 'sessions.revoked', actorId: userId, userId, origin })
  })
}
