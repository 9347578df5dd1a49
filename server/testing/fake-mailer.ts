import type { Mailer, MailMessage } from '../core/mail/mailer.js'

/** A mailer that stores mails, and fails if a test requests it. */
export function createFakeMailer() {
  const mails: MailMessage[] = []
  const failures: Error[] = []
  return {
    /** The sent mails, oldest first. */
    mails,
    async send(message: MailMessage): Promise<void> {
      const failure = failures.shift()
      if (failure) throw failure
      mails.push(message)
    },
    close(): void {},
    /** Makes the next `count` mails fail. */
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
