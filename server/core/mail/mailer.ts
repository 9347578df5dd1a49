import type { Config } from '../../config.js'
import { createMailbox } from '../../development/mailbox/mailbox.js'
import { createSmtpMailer } from './smtp-mailer.js'

/** A mail as it goes out. */
export interface MailMessage {
  /** The outbox's id of it. */
  id: string
  to: string
  from: string
  subject: string
  text: string
  html: string
  /** The same for every copy of one mail, so that a reader shows one. */
  messageId: string
}

/** What sends mail. It succeeds once the next server has taken the message. */
export interface Mailer {
  send(message: MailMessage): Promise<void>
  close(): void
}

/** Sends through SMTP where it is set; in development every mail goes into the mailbox too. */
export function createMailer({ mail, mode, dataDir }: Pick<Config, 'mail' | 'mode' | 'dataDir'>): Mailer {
  const mailers = [
    ...(mode === 'development' ? [createMailbox(dataDir)] : []),
    ...(mail.smtpUrl ? [createSmtpMailer(mail.smtpUrl)] : []),
  ]
  return {
    async send(message) {
      if (mailers.length === 0) throw new Error('SMTP_URL is not set, so no mail can be sent.')
      for (const mailer of mailers) await mailer.send(message)
    },
    close() {
      for (const mailer of mailers) mailer.close()
    },
  }
}
