import type { Identity } from '../../core/actor.js'
import { borrowAs } from '../../core/database/pool.js'
import { hashToken } from '../../core/security/refresh-tokens.js'
import { maySignIn } from '../sessions/session.js'
import type { ApiKeysDependencies } from './own-keys.js'

const usedEveryMs = 60_000

/**
 * Returns the actor of an API key: its owner, always with the role `user`; null if the key is not valid, has ended, or if
 * its owner may not log in. It is read on each request, so that a revocation takes effect at once on every instance.
 */
export async function authenticate(dependencies: ApiKeysDependencies, key: string): Promise<Identity | null> {
  const { keys, clock } = dependencies
  if (!keys.isWellFormed(key)) return null
  const row = await readKey(dependencies, key)
  const now = clock.now()
  if (!row || row.revokedAt || (row.expiresAt && row.expiresAt <= now) || !maySignIn(row.user)) return null
  const { id, userId, scopes, lastUsedAt } = row
  const isNoted = lastUsedAt !== null && now.getTime() - lastUsedAt.getTime() < usedEveryMs
  if (!isNoted) void noteUse(dependencies, id, now)
  return { userId, role: 'user', sessionId: null, apiKey: { id, scopes } }
}

// Through connections of its own, as for sessions: a locked table elsewhere, or slow requests, refuse no key.
function readKey({ db }: ApiKeysDependencies, key: string) {
  const user = { select: { disabledAt: true, emailVerifiedAt: true } } as const
  const times = { expiresAt: true, lastUsedAt: true, revokedAt: true } as const
  return borrowAs({ purpose: 'session' }, () =>
    db.apiKey.findUnique({
      where: { keyHash: hashToken(key), user: { deletedAt: null } },
      select: { id: true, userId: true, scopes: true, ...times, user },
      relationLoadStrategy: 'join',
    }),
  )
}

// The request does not wait for it. The condition holds for one of several concurrent requests.
async function noteUse({ db, log }: ApiKeysDependencies, id: string, now: Date): Promise<void> {
  const isDue = [{ lastUsedAt: null }, { lastUsedAt: { lte: new Date(now.getTime() - usedEveryMs) } }]
  try {
    await db.apiKey.updateMany({ where: { id, OR: isDue }, data: { lastUsedAt: now } })
  } catch (err) {
    log.warn({ err, keyId: id }, 'the last use of an API key could not be stored')
  }
}
