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

/** Makes a mailer that hands each mail to all of `mailers`, in order. Without any it fails instead of losing mail. */
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
