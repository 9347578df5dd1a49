import { z } from 'zod'
import type { Clock } from '../clock.js'
import type { Db } from '../database/client.js'

const params = {
  notice: z.object({ userId: z.uuid().optional(), name: z.string() }),
  user: z.object({ userId: z.uuid(), name: z.string() }),
  registration: z.object({ registrationId: z.uuid(), name: z.string() }),
}
const to = z.string()

/** A mail to send, by template; what it carries is names and ids, never a token. */
export const mailSchema = z.discriminatedUnion('template', [
  z.object({ template: z.literal('verification'), to, params: params.registration }),
  z.object({ template: z.literal('account-exists'), to, params: params.notice }),
  z.object({ template: z.literal('invitation'), to, params: params.user }),
  z.object({ template: z.literal('password-reset'), to, params: params.user }),
  z.object({ template: z.literal('password-changed'), to, params: params.notice }),
  z.object({ template: z.literal('email-change'), to, params: z.object({ userId: z.uuid(), sessionId: z.uuid() }) }),
  z.object({ template: z.literal('email-change-requested'), to, params: params.notice }),
  z.object({ template: z.literal('email-changed'), to, params: params.notice }),
])

export type Mail = z.output<typeof mailSchema>

/** The channel on which the database wakes the workers. */
export const mailChannel = 'plinth_mail'

/**
 * Puts a mail into the outbox as a part of the caller's transaction, and wakes the workers when that commits.
 * Work that is rolled back sends nothing.
 *
 * @param mail null sends nothing with the same statement, so that the time does not tell whether there was a mail
 */
export async function enqueueMail(tx: Db, clock: Clock, mail: Mail | null): Promise<void> {
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
export async function wakeMailWorkers(tx: Db): Promise<void> {
  await tx.$executeRaw`SELECT pg_notify(${mailChannel}, '')`
}
