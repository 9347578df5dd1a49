import type { Actor } from '../../core/actor.js'
import type { Clock } from '../../core/clock.js'
import type { Database } from '../../core/database/client.js'
import { borrowAs } from '../../core/database/pool.js'
import type { AccessClaims, AccessTokens } from '../../core/security/access-tokens.js'
import { createSessionCache } from '../../core/security/session-cache.js'
import { isLiving, maySignIn } from './rules.js'

interface IdentityParts {
  db: Database
  clock: Clock
  accessTokens: AccessTokens
}

export type Identities = ReturnType<typeof createIdentities>

/** Tells who acts, from what a request proves itself with. */
export function createIdentities({ db, clock, accessTokens }: IdentityParts) {
  // With connections of its own: a locked table elsewhere, or slow requests, sign nobody out.
  const load = (id: string) => borrowAs({ purpose: 'session' }, () => readState(db, id))
  const cache = createSessionCache({ clock, load })
  return {
    /**
     * Tells who an access token speaks for: null if it is not valid, or if its session or user ended more than 5
     * seconds ago. The role is the user's, not the token's.
     */
    async authenticate(token: string): Promise<Identity | null> {
      const claims = await accessTokens.verify(token)
      return claims && identify(claims, await cache.get(claims), clock.now())
    },

    /** Reads the actor from the database, past every cache; null if the session or the user has ended. */
    async readAfresh(actor: Actor): Promise<Actor | null> {
      const current = identify(actor, await load(actor.sessionId), clock.now())
      return current && { ...actor, role: current.role }
    },

    /** Called in a transaction that ends sessions of a user, so that the end takes effect here at once. */
    distrust: cache.distrust,
  }
}

type Identity = Pick<Actor, 'userId' | 'sessionId' | 'role'>
type SessionState = Awaited<ReturnType<typeof readState>>

function readState(db: Database, id: string) {
  const user = { select: { role: true, disabledAt: true, emailVerifiedAt: true } } as const
  return db.session.findUnique({ where: { id }, select: { userId: true, revokedAt: true, expiresAt: true, user } })
}

// Soft-deleted users are hidden with their sessions, so there is no state to find for them.
function identify({ userId, sessionId }: AccessClaims, state: SessionState, now: Date): Identity | null {
  if (!state || state.userId !== userId) return null
  if (!isLiving(state, now) || !maySignIn(state.user)) return null
  return { userId, sessionId, role: state.user.role }
}
