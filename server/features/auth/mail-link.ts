import type { Db } from '../../core/database/client.js'
import type { AccountMail } from './mail-schema.js'
import { type MailTokenKind, type MailTokenOwner, mailTokenOf } from './mail-tokens.js'

/** What a mail needs before it can go: its token, or the reason why it must not go. */
export type MailLink = { isSendable: true; token: string | null } | { isSendable: false; reason: string }

interface MailLinkOptions {
  secret: string
  mail: AccountMail
  now: Date
}

/**
 * Makes the token of a mail's link, in a transaction that holds the mail's row. A mail that has no link to carry any
 * more, since its account is gone, disabled or has another address, is not to be sent.
 */
export async function makeMailLink(tx: Db, { secret, mail, now }: MailLinkOptions): Promise<MailLink> {
  const link = linkOf(mail)
  if (!link) return { isSendable: true, token: null }
  // Mails of one owner take turns, so that they carry one link.
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${Object.values(link.owner)[0] ?? ''}, 0))`
  if (!(await mayHaveLink(tx, mail.to, link)))
    return { isSendable: false, reason: 'The account does not exist, or may not log in.' }
  return { isSendable: true, token: await mailTokenOf(tx, { secret, now, ...link }) }
}

interface Link {
  kind: MailTokenKind
  owner: MailTokenOwner
  change?: { email: string; sessionId: string }
}

function linkOf(mail: AccountMail): Link | null {
  switch (mail.template) {
    case 'verification':
      return { kind: 'verification', owner: { registrationId: mail.params.registrationId } }
    case 'invitation':
      return { kind: 'invitation', owner: { userId: mail.params.userId } }
    case 'password-reset':
      return { kind: 'reset', owner: { userId: mail.params.userId } }
    case 'email-change': {
      const { userId, sessionId } = mail.params
      return { kind: 'email_change', owner: { userId }, change: { email: mail.to, sessionId } }
    }
    default:
      return null
  }
}

async function mayHaveLink(tx: Db, to: string, { owner, change }: Link): Promise<boolean> {
  if ('registrationId' in owner) return (await tx.registration.count({ where: { id: owner.registrationId } })) > 0
  const address = change ? {} : { email: to }
  return (await tx.user.count({ where: { id: owner.userId, ...address, disabledAt: null } })) > 0
}
