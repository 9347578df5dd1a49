import type { Actor, Origin } from '../../core/actor.js'
import type { Transaction } from '../../core/database/client.js'
import { createRefreshTokens } from '../../core/security/refresh-tokens.js'
import { createSessionCache } from '../../core/security/session-cache.js'
import type { RevokeSession } from '../auth/schema.js'
import { authenticate, identifyUser, readAfresh, readSessionState } from './authentication.js'
import { type EndAll, endAll, type LogOutCaller, logOut, removeEnded } from './end-sessions.js'
import { list, revoke, revokeOthers } from './own-sessions.js'
import { isAnyLiving, refresh } from './refresh.js'
import { type Delivery, endReplaced, openSession, type SessionDependencies, type SessionUser } from './session.js'

export type SessionsService = ReturnType<typeof createSessionsService>

type SessionsOptions = Omit<SessionDependencies, 'refreshTokens' | 'cache'> & { tokenSecret: string }

/** The sessions of users: created by login, refreshed, listed and ended; docs/sessions.md describes their states. */
export function createSessionsService({ tokenSecret, ...given }: SessionsOptions) {
  const cache = createSessionCache({ clock: given.clock, load: (id) => readSessionState(given.db, id) })
  const dependencies = { ...given, cache, refreshTokens: createRefreshTokens(tokenSecret) }
  return {
    authenticate: (accessToken: string) => authenticate(dependencies, accessToken),
    identifyUser: (userId: string) => identifyUser(given.db, userId),
    readAfresh: (actor: Actor) => readAfresh(dependencies, actor),
    open: (tx: Transaction, user: SessionUser, origin: Origin, delivery: Delivery) =>
      openSession(dependencies, tx, { user, origin, delivery }),
    endReplaced: (tx: Transaction, presented: { refreshTokens: readonly string[]; origin: Origin }) =>
      endReplaced(dependencies, tx, presented),
    refresh: (origin: Origin, presented: readonly string[]) => refresh(dependencies, origin, presented),
    isAnyLiving: (presented: readonly string[]) => isAnyLiving(dependencies, presented),
    logOut: (caller: LogOutCaller, presented: readonly string[]) => logOut(dependencies, caller, presented),
    endAll: (tx: Transaction, input: EndAll) => endAll(dependencies, tx, input),
    list: (actor: Actor) => list(dependencies, actor),
    revoke: (actor: Actor, input: RevokeSession) => revoke(dependencies, actor, input),
    revokeOthers: (actor: Actor) => revokeOthers(dependencies, actor),
    removeEnded: (before: Date) => removeEnded(dependencies, before),
  }
}
