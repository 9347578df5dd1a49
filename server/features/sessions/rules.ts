import type { AccessTokens } from '../../core/security/access-tokens.js'
import type { RefreshTokens } from '../../core/security/refresh-tokens.js'
import type { User as UserRow } from '../../generated/client.js'

/** How the refresh token travels: in the body, or in an HttpOnly cookie. */
export type Delivery = 'body' | 'cookie'

export type SessionUser = Omit<UserRow, 'passwordHash'>

/** What a login or a refresh gives. */
export interface SignedIn {
  sessionId: string
  accessToken: string
  /** Seconds. */
  expiresIn: number
  refreshToken: string
  refreshTokenExpiresAt: Date
  delivery: Delivery
  user: SessionUser
}

/** OWASP ASVS 7.3.1 and 7.3.2. */
const idleMs = 7 * 24 * 3600 * 1000
const absoluteMs = 30 * 24 * 3600 * 1000

/** When a session that opens now ends at the latest. */
export function absoluteEnd(now: Date): Date {
  return new Date(now.getTime() + absoluteMs)
}

/** When a session ends that is used now and then no more. */
export function idleEnd(now: Date, absoluteExpiresAt: Date): Date {
  return new Date(Math.min(now.getTime() + idleMs, absoluteExpiresAt.getTime()))
}

/** Whether a session neither was ended nor ran out. */
export function isLiving(session: { revokedAt: Date | null; expiresAt: Date }, now: Date): boolean {
  return session.revokedAt === null && session.expiresAt > now
}

/** Whether a user, who is not deleted, may be signed in. */
export function maySignIn(user: { disabledAt: Date | null; emailVerifiedAt: Date | null }): boolean {
  return user.disabledAt === null && user.emailVerifiedAt !== null
}

/** Signs the tokens of a session's generation. */
export async function signTokens(
  { accessTokens, refreshTokens }: { accessTokens: AccessTokens; refreshTokens: RefreshTokens },
  session: { id: string; generation: number; expiresAt: Date; delivery: Delivery },
  user: SessionUser,
): Promise<SignedIn> {
  const { id: sessionId, generation, expiresAt, delivery } = session
  const { token, expiresIn } = await accessTokens.sign({ userId: user.id, role: user.role, sessionId })
  const refreshToken = refreshTokens.derive({ sessionId, generation })
  return { sessionId, accessToken: token, expiresIn, refreshToken, refreshTokenExpiresAt: expiresAt, delivery, user }
}

/** Reads the column, which only this server writes. */
export function toDelivery(stored: string): Delivery {
  return stored === 'cookie' ? 'cookie' : 'body'
}

/** The sessions that refresh tokens belong to, each once. Tokens that this server did not make belong to none. */
export function sessionIdsOf(refreshTokens: RefreshTokens, presented: readonly string[]): string[] {
  return [...new Set(presented.flatMap((token) => refreshTokens.read(token)?.sessionId ?? []))]
}
