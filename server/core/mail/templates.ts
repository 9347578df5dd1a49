import type { Transaction } from '../database/client.js'

/** The content of a mail, and the token in its link; or the reason why it must no longer be sent. */
export type WrittenMail =
  | { isSendable: true; subject: string; text: string; html: string; token: string | null }
  | { isSendable: false; reason: string }

/** Creates the content of a mail, in a transaction that locks its row. */
export type MailTemplate = (tx: Transaction, mail: { to: string; params: unknown }) => Promise<WrittenMail>

/** The templates of the application's features, by the names that the outbox uses. */
export type MailTemplates = Readonly<Record<string, MailTemplate>>
