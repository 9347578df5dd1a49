import type { Db } from '../database/client.js'
import { issueMailToken, type MailTokenKind } from '../security/mail-tokens.js'
import type { Mail } from './outbox.js'

/** What a mail needs before it can go: its token, or the reason why it must not go. */
export type MailLink = { isSendable: true; token: string | null } | { isSendable: false; reason: string }

interface MailLinkOptions {
  secret: string
  mailId: string
  mail: Mail
  now: Date
}

interface LinkOwner {
  kind: MailTokenKind
  userId?: string
  registrationId?: string
}

/**
 * Makes the token of a mail's link, in a transaction that holds the mail's row. A mail whose account is gone, whose
 * link was used or called off, or that a newer one replaced, is not to be sent.
 */
export async function makeMailLink(tx: Db, { secret, mailId, mail, now }: MailLinkOptions): Promise<MailLink> {
  const owner = ownerOf(mail)
  if (!owner) return { isSendable: true, token: null }
  // Mails of one owner take turns, so that of two the older one sees the newer.
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${owner.userId ?? owner.registrationId ?? ''}, 0))`
  const reason = await findObstacle(tx, mailId, owner)
  if (reason) return { isSendable: false, reason }
  return { isSendable: true, token: await issueMailToken(tx, { secret, mailId, now, ...owner }) }
}

function ownerOf(mail: Mail): LinkOwner | null {
  switch (mail.template) {
    case 'verification':
      return { kind: 'verification', registrationId: mail.params.registrationId }
    case 'invitation':
      return { kind: 'invitation', userId: mail.params.userId }
    case 'password-reset':
      return { kind: 'reset', userId: mail.params.userId }
    default:
      return null
  }
}

async function findObstacle(tx: Db, mailId: string, { kind, ...owner }: LinkOwner): Promise<string | null> {
  if (!(await isOwnerThere(tx, owner))) return 'The account or registration is gone.'
  // Tokens have the ids of their mails, UUIDs of version 7, whose order is that of time.
  const tokens = await tx.mailToken.findMany({
    where: { ...owner, kind, id: { gte: mailId } },
    select: { id: true, usedAt: true },
  })
  if (tokens.some(({ id, usedAt }) => id === mailId && usedAt)) return 'The link was used or called off.'
  return tokens.some(({ id }) => id !== mailId) ? 'A newer mail replaced it.' : null
}

async function isOwnerThere(tx: Db, { userId, registrationId }: Omit<LinkOwner, 'kind'>): Promise<boolean> {
  const select = { id: true }
  const row = userId
    ? await tx.user.findFirst({ where: { id: userId }, select })
    : registrationId && (await tx.registration.findUnique({ where: { id: registrationId }, select }))
  return Boolean(row)
}
