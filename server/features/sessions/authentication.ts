import { type Actor, type Identity, isSystem } from '../../core/actor.js'
import type { Clock } from '../../core/clock.js'
import type { Database } from '../../core/database/client.js'
import { borrowAs } from '../../core/database/pool.js'
import { idSchema } from '../../core/fields/schema.js'
import type { AccessClaims, AccessTokens } from '../../core/security/access-tokens.js'
import type { createSessionCache } from '../../core/security/session-cache.js'
import { isLiving, maySignIn } from './session.js'

interface AuthenticationDependencies {
  db: Database
  clock: Clock
  accessTokens: AccessTokens
  cache: ReturnType<typeof createSessionCache<SessionState>>
}

type SessionState = Awaited<ReturnType<typeof readSessionState>>

/**
 * Returns the actor of an access token: null if it is not valid, or if its session or user ended more than 5 seconds
 * ago. The role is that of the user, not that of the token.
 */
export async function authenticate(dependencies: AuthenticationDependencies, token: string): Promise<Identity | null> {
  const { accessTokens, cache, clock } = dependencies
  const claims = await accessTokens.verify(token)
  return claims && identify(claims, await cache.get(claims), clock.now())
}

/** Reads the actor from the database, without a cache; null if the session or the user has ended. */
export async function readAfresh(dependencies: AuthenticationDependencies, actor: Actor): Promise<Actor | null> {
  if (isSystem(actor)) return actor
  const current = await readIdentity(dependencies, actor)
  return current && { ...actor, role: current.role }
}

async function readIdentity({ db, clock }: AuthenticationDependencies, { userId, sessionId }: Actor) {
  if (sessionId === null) return identifyUser(db, userId)
  return identify({ userId, sessionId }, await readSessionState(db, sessionId), clock.now())
}

/** Returns a user for whom code of this process acts; null for one who may not log in. */
export async function identifyUser(db: Database, userId: string): Promise<Identity | null> {
  const { data: id } = idSchema.safeParse(userId)
  if (id === undefined) return null
  const select = { role: true, disabledAt: true, emailVerifiedAt: true } as const
  const user = await borrowAs({ purpose: 'session' }, () => db.user.findUnique({ where: { id }, select }))
  return user && maySignIn(user) ? { userId: id, role: user.role, sessionId: null } : null
}

/**
 * What decides whether a session and its user count; null for a user who is deleted. It is read through connections of
 * its own: a locked table elsewhere, or slow requests, sign nobody out.
 */
export function readSessionState(db: Database, id: string) {
  const user = { select: { role: true, disabledAt: true, emailVerifiedAt: true } } as const
  const select = { userId: true, revokedAt: true, expiresAt: true, user } as const
  return borrowAs({ purpose: 'session' }, () =>
    db.session.findUnique({ where: { id, user: { deletedAt: null } }, select }),
  )
}

function identify({ userId, sessionId }: AccessClaims, state: SessionState, now: Date): Identity | null {
  if (!state || state.userId !== userId) return null
  if (!isLiving(state, now) || !maySignIn(state.user)) return null
  return { userId, sessionId, role: state.user.role }
}
