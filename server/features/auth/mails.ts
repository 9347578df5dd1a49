import type { Clock } from '../../core/clock.js'
import type { Transaction } from '../../core/database/client.js'
import { enqueueMail } from '../../core/mail/outbox.js'
import type { MailTemplate, MailTemplates, WrittenMail } from '../../core/mail/templates.js'
import { type AccountMail, mailSchema, renderMail } from './mail-templates.js'
import { issueMailToken, type MailTokenRequest } from './mail-tokens.js'

/** Adds a mail about an account to the outbox; see {@link enqueueMail}. */
export const enqueueAccountMail: (tx: Transaction, clock: Clock, mail: AccountMail | null) => Promise<void> =
  enqueueMail

interface MailOptions {
  /** The name of the application. */
  title: string
  tokenSecret: string
  /** The URL of the frontend, for links. */
  appUrl: string
  clock: Clock
}

/** Creates the templates of all mails about accounts, by their names. */
export function createAccountMailTemplates(options: MailOptions): MailTemplates {
  const names = mailSchema.options.map(({ shape }) => shape.template.value)
  return Object.fromEntries(
    names.map((name): [string, MailTemplate] => [name, (tx, mail) => write(options, tx, { template: name, ...mail })]),
  )
}

async function write(
  { title, tokenSecret, appUrl, clock }: MailOptions,
  tx: Transaction,
  stored: unknown,
): Promise<WrittenMail> {
  const mail = mailSchema.safeParse(stored).data
  if (!mail) return { isSendable: false, reason: 'The mail lacks parameters that its template requires.' }
  const link = linkOf(mail)
  // A mail is not sent if its link would be invalid because its account was deleted, disabled or has another address.
  if (link && !(await mayHaveLink(tx, mail.to, link)))
    return { isSendable: false, reason: 'The account does not exist, or may not log in.' }
  const token = link && (await issueMailToken(tx, { secret: tokenSecret, now: clock.now(), ...link }))
  return { isSendable: true, token, ...renderMail(mail, { title, appUrl, token }) }
}

type Link = Pick<MailTokenRequest, 'kind' | 'owner' | 'change'>

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

async function mayHaveLink(tx: Transaction, to: string, { owner, change }: Link): Promise<boolean> {
  if ('registrationId' in owner) return (await tx.registration.count({ where: { id: owner.registrationId } })) > 0
  const address = change ? {} : { email: to }
  return (await tx.user.count({ where: { id: owner.userId, ...address, disabledAt: null } })) > 0
}
