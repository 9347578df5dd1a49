import { createHmac, randomUUID } from 'node:crypto'
import type { Database, Transaction } from '../../core/database/client.js'
import { removeInBatches } from '../../core/retention.js'
import { hashToken } from '../../core/security/refresh-tokens.js'

export type MailTokenKind = 'verification' | 'invitation' | 'reset' | 'email_change'

/** How long a link is valid after it was first sent (RFC 9700: short; OWASP ASVS 6.4.1: limited). */
const mailTokenSeconds = {
  verification: 24 * 3600,
  invitation: 72 * 3600,
  reset: 30 * 60,
  email_change: 24 * 3600,
} as const satisfies Record<MailTokenKind, number>

export interface MailTokenRequest {
  secret: string
  kind: MailTokenKind
  /** The owner of the link; exactly one of the two is set. */
  owner: { userId: string } | { registrationId: string }
  /** For a change of address: the new one, and the session that requested it. */
  change?: { email: string; sessionId: string | null }
  now: Date
}

/**
 * Returns the token of the owner's valid link, so that a repeated request sends the same link, or creates one and
 * revokes others of the same kind. A token has 256 bits and is derived from the id of its row; only its SHA-256 is
 * stored.
 */
export async function issueMailToken(
  tx: Transaction,
  { secret, kind, owner, change, now }: MailTokenRequest,
): Promise<string> {
  // Mails of one owner are handled one after the other, so that they contain the same link.
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${Object.values(owner)[0] ?? ''}, 0))`
  const unused = { ...owner, kind, usedAt: null }
  const expiresAt = new Date(now.getTime() + mailTokenSeconds[kind] * 1000)
  const living = await tx.mailToken.findMany({
    where: { ...unused, email: change?.email ?? null, expiresAt: { gt: now } },
    select: { id: true, tokenHash: true },
  })
  // The token cannot be derived again if the secret has changed.
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
 * Marks a token as used, with one statement, so that only one of several concurrent uses succeeds.
 *
 * @param input `kinds` are the kinds that the caller accepts
 * @returns its owner, or null if it is unknown, of another kind, used, revoked or expired
 */
export async function consumeMailToken(
  tx: Transaction,
  { token, kinds, now }: { token: string; kinds: readonly MailTokenKind[]; now: Date },
) {
  const [consumed] = await tx.mailToken.updateManyAndReturn({
    where: { tokenHash: hashToken(token), kind: { in: [...kinds] }, usedAt: null, expiresAt: { gt: now } },
    data: { usedAt: now },
    select: { kind: true, userId: true, registrationId: true, email: true, sessionId: true },
  })
  return consumed ?? null
}

/** The templates of mails that contain a user's link. */
const linkTemplates = ['invitation', 'password-reset', 'email-change']

/**
 * Revokes every link of a user, and deletes the mails with links that were not sent, including those that will be
 * retried.
 */
export async function revokeTokensAndUnsentMails(
  tx: Transaction,
  { userId, now }: { userId: string; now: Date },
): Promise<void> {
  // The outbox first: a worker that creates a token holds the row of its mail, so the token exists when it is revoked
  // below.
  await tx.outboxMail.deleteMany({
    where: {
      template: { in: linkTemplates },
      status: { in: ['pending', 'dead'] },
      userId,
    },
  })
  await tx.mailToken.updateMany({ where: { userId, usedAt: null }, data: { usedAt: now } })
}

/** Deletes tokens that expired before a time, and returns their number. */
export function removeExpiredMailTokens(db: Database, before: Date): Promise<number> {
  const where = { expiresAt: { lt: before } }
  return removeInBatches((limit) => db.mailToken.deleteMany({ where, limit }))
}
