import type { Origin } from '../../core/actor.js'
import type { Transaction } from '../../core/database/client.js'
import { InvalidTokenError } from '../../core/errors.js'
import { countRefreshTokenReuse } from '../../core/metrics.js'
import { hashToken } from '../../core/security/refresh-tokens.js'
import {
  idleEnd,
  isLiving,
  maySignIn,
  type SessionDependencies,
  type SessionUser,
  type SignedIn,
  sessionIdsOf,
  signTokens,
} from './session.js'

const graceMs = 10_000

/**
 * Exchanges a refresh token for new tokens; docs/sessions.md describes the states. If a browser sends several of one
 * name, the first valid one is used.
 *
 * @throws InvalidTokenError if none is valid
 */
export async function refresh(
  dependencies: SessionDependencies,
  origin: Origin,
  presented: readonly string[],
): Promise<SignedIn> {
  for (const refreshToken of await selectUsable(dependencies, presented)) {
    const signedIn = await refreshSession(dependencies, { refreshToken, origin })
    if (signedIn) return signedIn
  }
  throw new InvalidTokenError()
}

/** Whether the session of one of these refresh tokens is active. */
export async function isAnyLiving(dependencies: SessionDependencies, presented: readonly string[]): Promise<boolean> {
  return (await findLiving(dependencies, sessionIdsOf(dependencies.refreshTokens, presented))).length > 0
}

// The newest presented token of each active session. A single token is tried even if its session has ended.
async function selectUsable(dependencies: SessionDependencies, presented: readonly string[]): Promise<string[]> {
  const newest = newestOfEach(dependencies, presented)
  if (newest.size <= 1) return [...newest.values()]
  const living = await findLiving(dependencies, [...newest.keys()])
  return living.flatMap(({ id }) => newest.get(id) ?? [])
}

// An older token of the same session comes from a second cookie; using it would count as reuse.
function newestOfEach({ refreshTokens }: SessionDependencies, presented: readonly string[]): Map<string, string> {
  const newest = new Map<string, { token: string; generation: number }>()
  for (const token of presented) {
    const place = refreshTokens.read(token)
    if (!place) continue
    const { sessionId, generation } = place
    if (generation >= (newest.get(sessionId)?.generation ?? 0)) newest.set(sessionId, { token, generation })
  }
  return new Map([...newest].map(([sessionId, { token }]) => [sessionId, token]))
}

function findLiving({ db, clock }: SessionDependencies, ids: string[]) {
  const where = { id: { in: ids }, revokedAt: null, expiresAt: { gt: clock.now() } }
  return db.session.findMany({ where, select: { id: true } })
}

interface RefreshInput {
  refreshToken: string
  origin: Origin
}

type Session = NonNullable<Awaited<ReturnType<typeof lockSession>>>
/** Null if the token is rejected. */
type Decision = { session: Session; user: SessionUser } | null

// The row of the session is locked for the whole decision, so that one of several concurrent requests rotates the token
// and the others get the same result (RFC 9700 section 4.14.2). Null if the token is rejected.
async function refreshSession(dependencies: SessionDependencies, input: RefreshInput): Promise<SignedIn | null> {
  const place = dependencies.refreshTokens.read(input.refreshToken)
  if (!place) return null
  // A rejection may end the session, so the transaction must commit; the caller throws the error.
  const decision = await dependencies.db.$transaction(async (tx) => {
    const session = await lockSession(tx, place.sessionId)
    return session && decide({ ...dependencies, tx }, session, input)
  })
  if (!decision) return null
  const { session, user } = decision
  // Only this server writes the column.
  const delivery = session.delivery === 'cookie' ? 'cookie' : 'body'
  return signTokens(dependencies, { ...session, delivery }, user)
}

async function lockSession(tx: Transaction, id: string) {
  await tx.$queryRaw`SELECT "id" FROM "Session" WHERE "id" = ${id}::uuid FOR UPDATE`
  return tx.session.findUnique({ where: { id }, omit: { refreshTokenHash: false } })
}

interface Deciding extends SessionDependencies {
  tx: Transaction
}

async function decide(
  dependencies: Deciding,
  session: Session,
  { refreshToken, origin }: RefreshInput,
): Promise<Decision> {
  const now = dependencies.clock.now()
  if (!isLiving(session, now)) return null
  const user = await dependencies.tx.user.findUnique({ where: { id: session.userId } })
  if (!user || !maySignIn(user)) return endSession(dependencies, session, 'user.ended')
  if (isCurrent(session, refreshToken)) {
    return { session: await rotate(dependencies, session, origin), user }
  }
  if (isJustReplaced(dependencies, session, refreshToken, now)) return { session, user }
  await reportReuse(dependencies, session, origin)
  return endSession(dependencies, session, 'refresh.reused')
}

function isCurrent(session: Session, refreshToken: string): boolean {
  return Buffer.compare(hashToken(refreshToken), session.refreshTokenHash) === 0
}

// If the successor had been used, the token would be two generations behind.
function isJustReplaced(
  { refreshTokens }: SessionDependencies,
  session: Session,
  refreshToken: string,
  now: Date,
): boolean {
  const previous = refreshTokens.derive({ sessionId: session.id, generation: session.generation - 1 })
  const sinceMs = now.getTime() - (session.rotatedAt?.getTime() ?? 0)
  return refreshToken === previous && sinceMs <= graceMs
}

async function rotate({ tx, clock, refreshTokens }: Deciding, session: Session, origin: Origin): Promise<Session> {
  const now = clock.now()
  const generation = session.generation + 1
  return tx.session.update({
    where: { id: session.id },
    data: {
      generation,
      refreshTokenHash: hashToken(refreshTokens.derive({ sessionId: session.id, generation })),
      rotatedAt: now,
      lastUsedAt: now,
      expiresAt: idleEnd(now, session.absoluteExpiresAt),
      ip: origin.ip,
      userAgent: origin.userAgent,
    },
    omit: { refreshTokenHash: false },
  })
}

async function reportReuse({ tx, audit, log }: Deciding, session: Session, origin: Origin): Promise<void> {
  const { id: sessionId, userId } = session
  await audit.record(tx, { type: 'refresh.reused', actorId: null, userId, origin, data: { sessionId } })
  countRefreshTokenReuse()
  log.warn({ sessionId, userId, ip: origin.ip, requestId: origin.requestId }, 'refresh token reused')
}

async function endSession({ tx, clock, cache }: Deciding, session: Session, reason: string): Promise<Decision> {
  await tx.session.update({ where: { id: session.id }, data: { revokedAt: clock.now(), revokedReason: reason } })
  cache.distrust(session.userId)
  return null
}
