import { createRefreshTokens } from '../../security/refresh-tokens.js'
import { createSessionEndings } from './session-endings.js'
import { createIdentities } from './session-identities.js'
import { createOwnSessions } from './session-own.js'
import type { SessionParts } from './session-parts.js'
import { createSignIns } from './session-sign-in.js'

export type SessionsService = ReturnType<typeof createSessionsService>

type SessionsOptions = Omit<SessionParts, 'refreshTokens' | 'identities'> & { tokenSecret: string }

/** The sessions of users: they are opened at login, refreshed, listed and ended; docs/sessions.md has their states. */
export function createSessionsService({ tokenSecret, ...given }: SessionsOptions) {
  const identities = createIdentities(given)
  const parts: SessionParts = { ...given, identities, refreshTokens: createRefreshTokens(tokenSecret) }
  return {
    authenticate: identities.authenticate,
    readAfresh: identities.readAfresh,
    ...createSignIns(parts),
    ...createSessionEndings(parts),
    ...createOwnSessions(parts),
  }
}
