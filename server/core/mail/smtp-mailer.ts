import { createTransport } from 'nodemailer'
import type { Mailer } from './mailer.js'

// In milliseconds. Shorter than a shutdown may take, because it waits for the current mail, and shorter than the lease,
// so that no other worker sends the mail at the same time.
const timeouts = { connectionTimeout: 5_000, greetingTimeout: 5_000, socketTimeout: 8_000 }
const deadlineMs = 10_000

// Prevents automatic replies (RFC 3834 section 5).
const headers = { 'Auto-Submitted': 'auto-generated' }

/** Sends through the server of an `smtp:` or `smtps:` URL, over a small pool of connections. */
export function createSmtpMailer(url: string): Mailer {
  // A failed mail is retried by the outbox, not by nodemailer's own queue.
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
