import type { Transaction } from '../database/client.js'

/** What a mail says, and the token that its link carries; or the reason why it must not be sent any more. */
export type WrittenMail =
  | { isSendable: true; subject: string; text: string; html: string; token: string | null }
  | { isSendable: false; reason: string }

/** Writes a mail of the outbox, in a transaction that holds the mail's row. */
export type MailTemplate = (tx: Transaction, mail: { to: string; params: unknown }) => Promise<WrittenMail>

/** The templates that the features of an application bring, by the name under which mails are put into the outbox. */
export type MailTemplates = Readonly<Record<string, MailTemplate>>
