import { randomUUID } from 'node:crypto'
import type { Origin } from '../../context.js'
import type { Db } from '../../database/client.js'
import { hashToken } from '../../security/refresh-tokens.js'
import type { SessionParts } from './session-parts.js'
import { refreshSession } from './session-refresh.js'
import { absoluteEnd, type Delivery, idleEnd, type SessionUser, type SignedIn, signTokens } from './session-rules.js'

/** How sessions begin and go on. */
export function createSignIns(parts: SessionParts) {
  return {
    /** Opens a session for a user who has proved who they are. */
    async open(tx: Db, user: SessionUser, origin: Origin, delivery: Delivery): Promise<SignedIn> {
      const now = parts.clock.now()
      const id = randomUUID()
      const absoluteExpiresAt = absoluteEnd(now)
      const expiresAt = idleEnd(now, absoluteExpiresAt)
      const refreshTokenHash = hashToken(parts.refreshTokens.derive({ sessionId: id, generation: 0 }))
      const { ip, userAgent } = origin
      const times = { createdAt: now, lastUsedAt: now, expiresAt, absoluteExpiresAt }
      await tx.session.create({ data: { id, userId: user.id, refreshTokenHash, delivery, ip, userAgent, ...times } })
      return signTokens(parts, { id, generation: 0, expiresAt, delivery }, user)
    },

    /**
     * Exchanges a refresh token.
     *
     * @throws AppError INVALID_TOKEN
     */
    refresh(origin: Origin, { refreshToken }: { refreshToken: string }): Promise<SignedIn> {
      return refreshSession(parts, { refreshToken, origin })
    },
  }
}
