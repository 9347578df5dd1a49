import type { Mailer, MailMessage } from '../core/mail/mailer.js'

/** A mailer that keeps what it is given, and fails when a test says so. */
export function createFakeMailer() {
  const mails: MailMessage[] = []
  const failures: Error[] = []
  return {
    /** What was sent, oldest first. */
    mails,
    async send(message: MailMessage): Promise<void> {
      const failure = failures.shift()
      if (failure) throw failure
      mails.push(message)
    },
    close(): void {},
    /** The next `count` mails fail. */
    failNext(count: number, error = new Error('The mail server is away.')): void {
      failures.push(...Array<Error>(count).fill(error))
    },
    /** The token of the link in a mail. @throws Error if it has none */
    linkTokenOf(mail: MailMessage | undefined): string {
      const token = /[?&]token=([\w-]+)/.exec(mail?.text ?? '')?.[1]
      if (!token) throw new Error('The mail has no link with a token.')
      return token
    },
  } satisfies Mailer & Record<string, unknown>
}
