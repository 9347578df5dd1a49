import type { Clock } from '../../core/clock.js'
import type { Db } from '../../core/database/client.js'
import { enqueueMail } from '../../core/mail/outbox.js'
import type { MailTemplate, MailTemplates, WrittenMail } from '../../core/mail/templates.js'
import { makeMailLink } from './mail-link.js'
import { type AccountMail, mailSchema } from './mail-schema.js'
import { renderMail } from './mail-templates.js'

/** Puts a mail about an account into the outbox; see {@link enqueueMail}. */
export const enqueueAccountMail: (tx: Db, clock: Clock, mail: AccountMail | null) => Promise<void> = enqueueMail

interface MailOptions {
  /** The name of the application. */
  title: string
  tokenSecret: string
  /** The frontend, which the links lead to. */
  appUrl: string
  clock: Clock
}

/** Makes the templates of all mails about accounts. */
export function createAccountMails(options: MailOptions): MailTemplates {
  const names = mailSchema.options.map(({ shape }) => shape.template.value)
  return Object.fromEntries(
    names.map((name): [string, MailTemplate] => [name, (tx, mail) => write(options, tx, { template: name, ...mail })]),
  )
}

async function write(
  { title, tokenSecret, appUrl, clock }: MailOptions,
  tx: Db,
  stored: unknown,
): Promise<WrittenMail> {
  const mail = mailSchema.safeParse(stored).data
  if (!mail) return { isSendable: false, reason: 'The mail lacks parameters that its template requires.' }
  const link = await makeMailLink(tx, { secret: tokenSecret, mail, now: clock.now() })
  if (!link.isSendable) return link
  return { isSendable: true, token: link.token, ...renderMail(mail, { title, appUrl, token: link.token }) }
}
