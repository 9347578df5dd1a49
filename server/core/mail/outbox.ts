import type { Clock } from '../clock.js'
import type { Transaction } from '../database/client.js'

/** A mail to send: its template and the parameters, which are names and ids, never a token. */
export interface OutgoingMail {
  template: string
  to: string
  params: object
}

/** The channel on which the database notifies the workers. */
export const mailChannel = 'outbox_mail'

/**
 * Writes a mail to the outbox in the transaction of the caller, and notifies the workers when it commits. If it is
 * rolled back, nothing is sent.
 *
 * @param mail null runs the same statement without sending, so that the time does not reveal whether there is a mail
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

/** Notifies the workers of all instances when the transaction commits. */
export async function wakeMailWorkers(tx: Transaction): Promise<void> {
  await tx.$executeRaw`SELECT pg_notify(${mailChannel}, '')`
}
