import { randomUUID } from 'node:crypto'
import type { Origin } from '../../core/actor.js'
import type { Db } from '../../core/database/client.js'
import { InvalidTokenError } from '../../core/errors.js'
import { hashToken } from '../../core/security/refresh-tokens.js'
import type { SessionParts } from './dependencies.js'
import { refreshSession } from './refresh.js'
import {
  absoluteEnd,
  type Delivery,
  idleEnd,
  type SessionUser,
  type SignedIn,
  sessionIdsOf,
  signTokens,
} from './rules.js'

/** How many sessions of a user live at once. */
const livingMax = 100

/** How sessions begin and go on. */
export function createSignIns(parts: SessionParts) {
  return {
    /**
     * Opens a session for a user who has proved who they are. Beyond 100 living ones the one that was unused longest
     * ends; the caller holds the user's row, so that of many logins at once each sees those before it.
     */
    async open(tx: Db, user: SessionUser, origin: Origin, delivery: Delivery): Promise<SignedIn> {
      const now = parts.clock.now()
      const id = randomUUID()
      const absoluteExpiresAt = absoluteEnd(now)
      const expiresAt = idleEnd(now, absoluteExpiresAt)
      const refreshTokenHash = hashToken(parts.refreshTokens.derive({ sessionId: id, generation: 0 }))
      const { ip, userAgent } = origin
      const times = { createdAt: now, lastUsedAt: now, expiresAt, absoluteExpiresAt }
      await tx.session.create({ data: { id, userId: user.id, refreshTokenHash, delivery, ip, userAgent, ...times } })
      await endBeyondMax(parts, tx, { id, userId: user.id, now })
      return signTokens(parts, { id, generation: 0, expiresAt, delivery }, user)
    },

    /**
     * Exchanges a refresh token.
     *
     * @throws InvalidTokenError
     */
    refresh(origin: Origin, { refreshToken }: { refreshToken: string }): Promise<SignedIn> {
      return refreshSession(parts, { refreshToken, origin })
    },

    /**
     * Exchanges the refresh tokens of a browser, which may hold several under one name: the first that works counts.
     *
     * @throws InvalidTokenError if none does
     */
    async refreshAny(origin: Origin, presented: readonly string[]): Promise<SignedIn> {
      for (const refreshToken of await pickLiving(parts, presented)) {
        const signedIn = await refreshSession(parts, { refreshToken, origin }).catch(nullForInvalidToken)
        if (signedIn) return signedIn
      }
      throw new InvalidTokenError()
    },

    /** Whether a session of one of these refresh tokens lives. */
    async isAnyLiving(presented: readonly string[]): Promise<boolean> {
      return (await findLiving(parts, sessionIdsOf(parts.refreshTokens, presented))).length > 0
    },
  }
}

async function endBeyondMax(
  { identities }: SessionParts,
  tx: Db,
  { id, userId, now }: { id: string; userId: string; now: Date },
): Promise<void> {
  const count = await tx.$executeRaw`
    UPDATE "Session" SET "updatedAt" = now(), "revokedAt" = ${now}::timestamptz, "revokedReason" = 'sessions.crowded'
    WHERE "id" IN (
      SELECT "id" FROM "Session"
      WHERE "userId" = ${userId}::uuid AND "revokedAt" IS NULL AND "expiresAt" > ${now}::timestamptz
        AND "id" <> ${id}::uuid
      ORDER BY "lastUsedAt" DESC, "id" DESC OFFSET ${livingMax - 1})`
  if (count > 0) identities.distrust(userId)
}

/** Which of many refresh tokens are worth a try: of each living session the newest one that was presented. */
async function pickLiving(parts: SessionParts, presented: readonly string[]): Promise<string[]> {
  const newest = newestOfEach(parts, presented)
  if (newest.size <= 1) return [...newest.values()]
  const living = await findLiving(parts, [...newest.keys()])
  return living.flatMap(({ id }) => newest.get(id) ?? [])
}

function nullForInvalidToken(error: unknown): null {
  if (error instanceof InvalidTokenError) return null
  throw error
}

// An older token of the same session is what a second cookie has kept; trying it would count as reuse.
function newestOfEach({ refreshTokens }: SessionParts, presented: readonly string[]): Map<string, string> {
  const newest = new Map<string, { token: string; generation: number }>()
  for (const token of presented) {
    const place = refreshTokens.read(token)
    if (!place) continue
    const { sessionId, generation } = place
    if (generation >= (newest.get(sessionId)?.generation ?? 0)) newest.set(sessionId, { token, generation })
  }
  return new Map([...newest].map(([sessionId, { token }]) => [sessionId, token]))
}

function findLiving({ db, clock }: SessionParts, ids: string[]) {
  const where = { id: { in: ids }, revokedAt: null, expiresAt: { gt: clock.now() } }
  return db.session.findMany({ where, select: { id: true } })
}
