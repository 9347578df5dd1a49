import { createHmac } from 'node:crypto'
import type { Db } from '../database/client.js'
import { hashToken } from './refresh-tokens.js'

export type MailTokenKind = 'verification' | 'invitation' | 'reset'

/** How long a mailed link works after it was sent (RFC 9700 asks for short; OWASP ASVS 6.4.1 for an end). */
const mailTokenSeconds = {
  verification: 24 * 3600,
  invitation: 72 * 3600,
  reset: 30 * 60,
} as const satisfies Record<MailTokenKind, number>

interface MailTokenRequest {
  secret: string
  mailId: string
  kind: MailTokenKind
  userId?: string
  registrationId?: string
  now: Date
}

interface ConsumedMailToken {
  kind: MailTokenKind
  userId: string | null
  registrationId: string | null
}

/**
 * Makes the token of one mail: 256 bits derived from the mail's id, of which only the SHA-256 is stored. Asked again
 * for the same mail it gives the same token with a new expiry; one that was used or killed stays dead. The other
 * ones of the same kind and owner are killed, so it is for the caller to ask for the newest mail alone.
 *
 * @param request `userId` or `registrationId` names the owner, exactly one of them
 */
export async function issueMailToken(db: Db, request: MailTokenRequest): Promise<string> {
  const { secret, mailId, kind, now } = request
  const token = createHmac('sha256', secret).update(`mail:${mailId}`).digest('base64url')
  const owner = { userId: request.userId ?? null, registrationId: request.registrationId ?? null }
  const expiresAt = new Date(now.getTime() + mailTokenSeconds[kind] * 1000)
  await db.mailToken.upsert({
    where: { id: mailId },
    create: { id: mailId, kind, tokenHash: hashToken(token), ...owner, expiresAt },
    update: { expiresAt },
  })
  await db.mailToken.updateMany({
    where: { ...owner, kind, usedAt: null, id: { not: mailId } },
    data: { usedAt: now },
  })
  return token
}

/**
 * Uses a token up: one statement, so of many at once one succeeds.
 *
 * @param input `kinds` are those that the caller takes
 * @returns whose it was, or null if it is unknown, of another kind, used, killed or expired
 */
export async function consumeMailToken(
  tx: Db,
  { token, kinds, now }: { token: string; kinds: readonly MailTokenKind[]; now: Date },
): Promise<ConsumedMailToken | null> {
  const [consumed] = await tx.mailToken.updateManyAndReturn({
    where: { tokenHash: hashToken(token), kind: { in: [...kinds] }, usedAt: null, expiresAt: { gt: now } },
    data: { usedAt: now },
    select: { kind: true, userId: true, registrationId: true },
  })
  return consumed ?? null
}

/** Ends every link that was mailed to a user, and takes those that were not sent out of the outbox, retries included. */
export async function killMailTokens(tx: Db, { userId, now }: { userId: string; now: Date }): Promise<void> {
  // The outbox first: a worker that is issuing a token holds its row, so that token is there to be killed below.
  await tx.outboxMail.deleteMany({
    where: { status: { in: ['pending', 'dead'] }, params: { path: ['userId'], equals: userId } },
  })
  await tx.mailToken.updateMany({ where: { userId, usedAt: null }, data: { usedAt: now } })
}
