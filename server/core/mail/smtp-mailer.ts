import { createTransport } from 'nodemailer'
import type { Mailer } from './mailer.js'

// In milliseconds. Shorter than a stop may take, which waits for the mail in hand, and than the lease of the worker, so
// that a mail is given up before another one may take it.
const timeouts = { connectionTimeout: 5_000, greetingTimeout: 5_000, socketTimeout: 8_000 }
const deadlineMs = 10_000

// So that no vacation message comes back (RFC 3834 section 5).
const headers = { 'Auto-Submitted': 'auto-generated' }

/** Sends through the server of an `smtp:` or `smtps:` URL, over a few kept connections. */
export function createSmtpMailer(url: string): Mailer {
  // A mail that fails goes back to the outbox, not to nodemailer's own queue.
  const pool = { pool: true, maxConnections: 3, maxRequeues: 0 } as const
  const transport = createTransport({ url, ...pool, ...timeouts, disableFileAccess: true, disableUrlAccess: true })
  return {
    async send({ to, from, subject, text, html, messageId }) {
      const recipient = { name: '', address: to }
      const signal = AbortSignal.timeout(deadlineMs)
      await transport.sendMail({ to: recipient, from, subject, text, html, messageId, headers, signal })
    },
    close: () => transport.close(),
  }
}
