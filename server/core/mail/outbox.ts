import type { Clock } from '../clock.js'
import type { Transaction } from '../database/client.js'

/** A mail to send: the template that writes it, and what that needs; names and ids, never a token. */
export interface OutgoingMail {
  template: string
  to: string
  params: object
}

/** The channel on which the database wakes the workers. */
export const mailChannel = 'outbox_mail'

/**
 * Puts a mail into the outbox as a part of the caller's transaction, and wakes the workers when that commits.
 * Work that is rolled back sends nothing.
 *
 * @param mail null sends nothing with the same statement, so that the time does not tell whether there was a mail
 */
export async function enqueueMail(tx: Transaction, clock: Clock, mail: OutgoingMail | null): Promise<void> {
  const { template = '', to = '', params = {} } = mail ?? {}
  const now = clock.now()
  await tx.$executeRaw`
    WITH queued AS (
      INSERT INTO "OutboxMail" ("id", "template", "to", "params", "nextAttemptAt", "createdAt", "updatedAt")
      SELECT gen_random_uuid(), ${template}, ${to}, ${JSON.stringify(params)}::jsonb, ${now}::timestamptz,
        ${now}::timestamptz, ${now}::timestamptz
      WHERE ${mail !== null}
      RETURNING "id")
    SELECT pg_notify(${mailChannel}, '') FROM queued`
}

/** Wakes the workers of all instances when the transaction commits. */
export async function wakeMailWorkers(tx: Transaction): Promise<void> {
  await tx.$executeRaw`SELECT pg_notify(${mailChannel}, '')`
}
