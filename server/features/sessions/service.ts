import { daysBefore, keptDays, removeInBatches } from '../../core/cleanup.js'
import { createRefreshTokens } from '../../core/security/refresh-tokens.js'
import { createIdentities } from './authentication.js'
import type { SessionParts } from './dependencies.js'
import { createSessionEndings } from './endings.js'
import { createOwnSessions } from './own.js'
import { createSignIns } from './sign-in.js'

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
    /** Removes sessions that ended long ago; gives how many there were. */
    removeEnded: (now: Date): Promise<number> => {
      const before = { lt: daysBefore(now, keptDays) }
      const where = { OR: [{ expiresAt: before }, { revokedAt: before }] }
      return removeInBatches((limit) => given.db.session.deleteMany({ where, limit }))
    },
  }
}
