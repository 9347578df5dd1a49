import { createHmac, randomUUID } from 'node:crypto'
import { daysBefore, keptDays, removeInBatches } from '../../core/cleanup.js'
import type { Database, Transaction } from '../../core/database/client.js'
import { hashToken } from '../../core/security/refresh-tokens.js'

export type MailTokenKind = 'verification' | 'invitation' | 'reset' | 'email_change'

/** How long a link works after it was first mailed (RFC 9700 asks for short; OWASP ASVS 6.4.1 for an end). */
const mailTokenSeconds = {
  verification: 24 * 3600,
  invitation: 72 * 3600,
  reset: 30 * 60,
  email_change: 24 * 3600,
} as const satisfies Record<MailTokenKind, number>

interface MailTokenRequest {
  secret: string
  kind: MailTokenKind
  owner: MailTokenOwner
  /** For a change of address: the new one, and the session that asked for it. */
  change?: { email: string; sessionId: string }
  now: Date
}

/** Whose link it is, exactly one of the two. */
export type MailTokenOwner = { userId: string } | { registrationId: string }

interface ConsumedMailToken {
  kind: MailTokenKind
  userId: string | null
  registrationId: string | null
  email: string | null
  sessionId: string | null
}

/**
 * Gives the token of an owner's link: the one that lives, so that asking again sends the same link, or a new one, and
 * then the only one of its kind. It has 256 bits and is derived from its row's id; only its SHA-256 is stored. The caller
 * sees to it that two for one owner are not made at once.
 */
export async function issueMailToken(
  tx: Transaction,
  { secret, kind, owner, change, now }: MailTokenRequest,
): Promise<string> {
  const unused = { ...owner, kind, usedAt: null }
  const expiresAt = new Date(now.getTime() + mailTokenSeconds[kind] * 1000)
  const living = await tx.mailToken.findMany({
    where: { ...unused, email: change?.email ?? null, expiresAt: { gt: now } },
    select: { id: true, tokenHash: true },
  })
  // Under another secret the token of a row cannot be derived again.
  const same = living.find(({ id, tokenHash }) => Buffer.compare(hashToken(deriveToken(secret, id)), tokenHash) === 0)
  if (same) {
    if (kind === 'verification') await tx.mailToken.update({ where: { id: same.id }, data: { expiresAt } })
    return deriveToken(secret, same.id)
  }
  await tx.mailToken.updateMany({ where: unused, data: { usedAt: now } })
  const id = randomUUID()
  const token = deriveToken(secret, id)
  await tx.mailToken.create({ data: { id, kind, tokenHash: hashToken(token), ...owner, ...change, expiresAt } })
  return token
}

function deriveToken(secret: string, id: string): string {
  return createHmac('sha256', secret).update(`mail:${id}`).digest('base64url')
}

/**
 * Uses a token up: one statement, so of many at once one succeeds.
 *
 * @param input `kinds` are those that the caller takes
 * @returns whose it was, or null if it is unknown, of another kind, used, revoked or expired
 */
export async function consumeMailToken(
  tx: Transaction,
  { token, kinds, now }: { token: string; kinds: readonly MailTokenKind[]; now: Date },
): Promise<ConsumedMailToken | null> {
  const [consumed] = await tx.mailToken.updateManyAndReturn({
    where: { tokenHash: hashToken(token), kind: { in: [...kinds] }, usedAt: null, expiresAt: { gt: now } },
    data: { usedAt: now },
    select: { kind: true, userId: true, registrationId: true, email: true, sessionId: true },
  })
  return consumed ?? null
}

/** The mails that carry a user's link. */
const linkTemplates = ['invitation', 'password-reset', 'email-change']

/**
 * Ends every link that was mailed to a user, and deletes the mails with links that were not sent, retries included.
 */
export async function revokeTokensAndUnsentMails(
  tx: Transaction,
  { userId, now }: { userId: string; now: Date },
): Promise<void> {
  // The outbox first: a worker that is issuing a token holds its row, so that token is there to be revoked below.
  await tx.outboxMail.deleteMany({
    where: {
      template: { in: linkTemplates },
      status: { in: ['pending', 'dead'] },
      userId,
    },
  })
  await tx.mailToken.updateMany({ where: { userId, usedAt: null }, data: { usedAt: now } })
}

/** Removes mailed tokens that expired long ago; gives how many there were. */
export function removeExpiredMailTokens(db: Database, now: Date): Promise<number> {
  const where = { expiresAt: { lt: daysBefore(now, keptDays) } }
  return removeInBatches((limit) => db.mailToken.deleteMany({ where, limit }))
}
