import { randomUUID } from 'node:crypto'
import type { Origin } from '../../core/actor.js'
import type { Clock } from '../../core/clock.js'
import type { Database, Transaction } from '../../core/database/client.js'
import type { Logger } from '../../core/logger.js'
import type { AccessTokens } from '../../core/security/access-tokens.js'
import { hashToken, type RefreshTokens } from '../../core/security/refresh-tokens.js'
import type { User as UserRow } from '../../generated/client.js'
import type { AuditService } from '../audit/service.js'
import { sessionsMax } from '../auth/schema.js'

/** The dependencies of the verbs of sessions. */
export interface SessionDependencies {
  db: Database
  clock: Clock
  log: Logger
  audit: AuditService
  accessTokens: AccessTokens
  refreshTokens: RefreshTokens
  /** Called for each user whose sessions end, in the transaction that ends them. */
  cache: { distrust(userId: string): void }
}

/** How the refresh token is sent: in the body, or in an HttpOnly cookie. */
export type Delivery = 'body' | 'cookie'

export type SessionUser = Omit<UserRow, 'passwordHash'>

/** The result of a login or a refresh. */
export interface SignedIn {
  sessionId: string
  accessToken: string
  /** In seconds. */
  expiresIn: number
  refreshToken: string
  refreshTokenExpiresAt: Date
  delivery: Delivery
  user: SessionUser
}

/** OWASP ASVS 7.3.1 and 7.3.2. */
const idleMs = 7 * 24 * 3600 * 1000
const absoluteMs = 30 * 24 * 3600 * 1000

interface Opening {
  user: SessionUser
  origin: Origin
  delivery: Delivery
}

/**
 * Creates a session for an authenticated user. With more than 100 active ones, the one unused for the longest time
 * ends. The caller has locked the row of the user, so that each of several concurrent logins sees the previous ones.
 */
export async function openSession(
  dependencies: SessionDependencies,
  tx: Transaction,
  opening: Opening,
): Promise<SignedIn> {
  const { user, origin, delivery } = opening
  const now = dependencies.clock.now()
  const id = randomUUID()
  const absoluteExpiresAt = new Date(now.getTime() + absoluteMs)
  const expiresAt = idleEnd(now, absoluteExpiresAt)
  const refreshTokenHash = hashToken(dependencies.refreshTokens.derive({ sessionId: id, generation: 0 }))
  const { ip, userAgent } = origin
  const times = { createdAt: now, lastUsedAt: now, expiresAt, absoluteExpiresAt }
  await tx.session.create({ data: { id, userId: user.id, refreshTokenHash, delivery, ip, userAgent, ...times } })
  await endBeyondMax(dependencies, tx, { id, userId: user.id, now })
  return signTokens(dependencies, { id, generation: 0, expiresAt, delivery }, user)
}

/** When a session ends if it is used now for the last time. */
export function idleEnd(now: Date, absoluteExpiresAt: Date): Date {
  return new Date(Math.min(now.getTime() + idleMs, absoluteExpiresAt.getTime()))
}

async function endBeyondMax(
  { cache }: SessionDependencies,
  tx: Transaction,
  { id, userId, now }: { id: string; userId: string; now: Date },
): Promise<void> {
  const count = await tx.$executeRaw`
    UPDATE "Session" SET "updatedAt" = now(), "revokedAt" = ${now}::timestamptz, "revokedReason" = 'sessions.crowded'
    WHERE "id" IN (
      SELECT "id" FROM "Session"
      WHERE "userId" = ${userId}::uuid AND "revokedAt" IS NULL AND "expiresAt" > ${now}::timestamptz
        AND "id" <> ${id}::uuid
      ORDER BY "lastUsedAt" DESC, "id" DESC OFFSET ${sessionsMax - 1})`
  if (count > 0) cache.distrust(userId)
}

/** Signs the tokens of a generation of the session. */
export async function signTokens(
  { accessTokens, refreshTokens }: SessionDependencies,
  session: { id: string; generation: number; expiresAt: Date; delivery: Delivery },
  user: SessionUser,
): Promise<SignedIn> {
  const { id: sessionId, generation, expiresAt, delivery } = session
  const { token, expiresIn } = await accessTokens.sign({ userId: user.id, role: user.role, sessionId })
  const refreshToken = refreshTokens.derive({ sessionId, generation })
  return { sessionId, accessToken: token, expiresIn, refreshToken, refreshTokenExpiresAt: expiresAt, delivery, user }
}

/** Whether a session has neither been ended nor expired. */
export function isLiving(session: { revokedAt: Date | null; expiresAt: Date }, now: Date): boolean {
  return session.revokedAt === null && session.expiresAt > now
}

/** Whether a user, who is not deleted, may be logged in. */
export function maySignIn(user: { disabledAt: Date | null; emailVerifiedAt: Date | null }): boolean {
  return user.disabledAt === null && user.emailVerifiedAt !== null
}

/** The sessions of refresh tokens, each once. Forged tokens have none. */
export function sessionIdsOf(refreshTokens: RefreshTokens, presented: readonly string[]): string[] {
  return [...new Set(presented.flatMap((token) => refreshTokens.read(token)?.sessionId ?? []))]
}

/** Ends the sessions of the refresh tokens of a login, which replaces them. */
export async function endReplaced(
  dependencies: SessionDependencies,
  tx: Transaction,
  { refreshTokens, origin }: { refreshTokens: readonly string[]; origin: Origin },
): Promise<void> {
  const ids = sessionIdsOf(dependencies.refreshTokens, refreshTokens)
  await endAndRecord(dependencies, tx, { ids, type: 'session.replaced', origin })
}

interface Ending {
  ids: string[]
  type: 'logout' | 'session.replaced'
  origin: Origin
}

/** Ends the sessions that have not ended yet, and records an event for each. */
export async function endAndRecord(
  { clock, cache, audit }: SessionDependencies,
  tx: Transaction,
  { ids, type, origin }: Ending,
): Promise<void> {
  if (ids.length === 0) return
  const ended = await tx.session.updateManyAndReturn({
    where: { id: { in: ids }, revokedAt: null },
    data: { revokedAt: clock.now(), revokedReason: type },
    select: { id: true, userId: true },
  })
  for (const { id: sessionId, userId } of ended) {
    cache.distrust(userId)
    await audit.record(tx, { type, actorId: userId, userId, origin, data: { sessionId } })
  }
}
