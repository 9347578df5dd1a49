/** An outgoing mail. */
export interface MailMessage {
  /** The id of the mail in the outbox. */
  id: string
  to: string
  from: string
  subject: string
  text: string
  html: string
  /** Identical for every copy of a mail, so that mail programs show only one. */
  messageId: string
}

/** Sends mail. It succeeds when the next mail server has accepted the message. */
export interface Mailer {
  send(message: MailMessage): Promise<void>
  close(): void
}

/** Creates a mailer that passes each mail to all `mailers` in order. Without any, it fails instead of losing mail. */
export function createMailer(mailers: readonly Mailer[]): Mailer {
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
