import type { Origin } from '../../core/actor.js'
import type { Transaction } from '../../core/database/client.js'
import { InvalidTokenError } from '../../core/errors.js'
import { hashToken } from '../../core/security/refresh-tokens.js'
import type { SessionParts } from './dependencies.js'
import { idleEnd, isLiving, maySignIn, type SessionUser, type SignedIn, signTokens, toDelivery } from './rules.js'

interface RefreshInput {
  refreshToken: string
  origin: Origin
}

type Session = NonNullable<Awaited<ReturnType<typeof readSession>>>
type Outcome = { kind: 'signed'; session: Session; user: SessionUser } | { kind: 'refused' }

const graceMs = 10_000

/**
 * Exchanges a refresh token for new tokens; docs/sessions.md has the states. The session's row is locked for the whole
 * decision, so that of many at once one rotates and the others get what it got (RFC 9700 section 4.14.2).
 *
 * @throws InvalidTokenError
 */
export async function refreshSession(parts: SessionParts, input: RefreshInput): Promise<SignedIn> {
  const place = parts.refreshTokens.read(input.refreshToken)
  if (!place) throw new InvalidTokenError()
  // A refusal may end the session, so it is thrown after the commit.
  const outcome = await parts.db.$transaction(async (tx): Promise<Outcome> => {
    const session = await lockSession(tx, place.sessionId)
    return session ? decide({ ...parts, tx }, session, input) : { kind: 'refused' }
  })
  if (outcome.kind === 'refused') throw new InvalidTokenError()
  const { session, user } = outcome
  return signTokens(parts, { ...session, delivery: toDelivery(session.delivery) }, user)
}

async function lockSession(tx: Transaction, id: string): Promise<Session | null> {
  await tx.$queryRaw`SELECT "id" FROM "Session" WHERE "id" = ${id}::uuid FOR UPDATE`
  return readSession(tx, id)
}

function readSession(tx: Transaction, id: string) {
  return tx.session.findUnique({ where: { id }, omit: { refreshTokenHash: false } })
}

interface Deciding extends SessionParts {
  tx: Transaction
}

async function decide(parts: Deciding, session: Session, { refreshToken, origin }: RefreshInput): Promise<Outcome> {
  const now = parts.clock.now()
  if (!isLiving(session, now)) return { kind: 'refused' }
  const user = await parts.tx.user.findUnique({ where: { id: session.userId } })
  if (!user || !maySignIn(user)) return end(parts, session, 'user.ended')
  if (isCurrent(session, refreshToken)) {
    return { kind: 'signed', session: await rotate(parts, session, origin), user }
  }
  if (isJustReplaced(parts, session, refreshToken, now)) return { kind: 'signed', session, user }
  await reportReuse(parts, session, origin)
  return end(parts, session, 'refresh.reused')
}

function isCurrent(session: Session, refreshToken: string): boolean {
  return Buffer.compare(hashToken(refreshToken), session.refreshTokenHash) === 0
}

// Had the successor been used, the token would be two generations behind.
function isJustReplaced({ refreshTokens }: SessionParts, session: Session, refreshToken: string, now: Date): boolean {
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
  log.warn({ sessionId, userId, ip: origin.ip, requestId: origin.requestId }, 'refresh token reused')
}

async function end({ tx, clock, identities }: Deciding, session: Session, reason: string): Promise<Outcome> {
  await tx.session.update({ where: { id: session.id }, data: { revokedAt: clock.now(), revokedReason: reason } })
  identities.distrust(session.userId)
  return { kind: 'refused' }
}
