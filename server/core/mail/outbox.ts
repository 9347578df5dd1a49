import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import type { Clock } from '../clock.js'
import type { Transaction } from '../database/client.js'
import { defineJob, type JobRun } from '../jobs/job.js'
import { enqueueJob, removeJob } from '../jobs/queue.js'

/** A mail to send: its template and the parameters, which are names and ids, never a token. */
export interface OutgoingMail {
  /** Given where a repetition must not send a second mail: if there is a mail with this id, nothing is added. */
  id?: string
  template: string
  to: string
  params: object
}

type Services = {
  delivery: {
    deliver(input: { mailId: string }, run: JobRun): Promise<void>
    adopt(): Promise<number>
  }
}

const sendMail = defineJob({
  name: 'mail.send',
  summary: 'Send a mail of the outbox',
  input: z.strictObject({ mailId: z.guid() }),
  // The last attempt is about ten hours after the first one.
  attempts: 11,
  uniqueBy: ({ mailId }) => mailId,
  run: ({ delivery }: Services, input, run) => delivery.deliver(input, run),
})

/** The jobs that send mail. */
export const outboxJobs = [
  sendMail,
  defineJob({
    name: 'mail.adopt',
    summary: 'Queue waiting mails that have no job, because a release without jobs has written them',
    input: z.strictObject({}),
    attempts: 1,
    cron: '* * * * *',
    run: ({ delivery }: Services) => delivery.adopt(),
  }),
]

/**
 * Writes a mail to the outbox, and a job that sends it, in the transaction of the caller. If it is rolled back, nothing is
 * sent.
 *
 * @param mail null runs the same statements without sending, so that the time does not reveal whether there is a mail: a
 *   job without its mail has no effect
 */
export async function enqueueMail(tx: Transaction, clock: Clock, mail: OutgoingMail | null): Promise<void> {
  const { id = randomUUID(), template = '', to = '', params = {} } = mail ?? {}
  const now = clock.now()
  await tx.$executeRaw`
    INSERT INTO "OutboxMail" ("id", "template", "to", "params", "nextAttemptAt", "createdAt", "updatedAt")
    SELECT ${id}::uuid, ${template}, ${to}, ${JSON.stringify(params)}::jsonb, ${heldUntil(now, 0)}::timestamptz,
      ${now}::timestamptz, ${now}::timestamptz
    WHERE ${mail !== null}
    ON CONFLICT ("id") DO NOTHING`
  await enqueueSending(tx, id)
}

/** Lets a mail that failed be sent again, with a new series of attempts. */
export async function enqueueAgain(tx: Transaction, mailId: string): Promise<void> {
  // The job that has failed would stay beside the new one.
  await removeJob(tx, sendMail, { mailId })
  await enqueueSending(tx, mailId)
}

/** Adds the job that sends a mail of the outbox. */
export function enqueueSending(tx: Transaction, mailId: string): Promise<void> {
  return enqueueJob(tx, sendMail, { mailId })
}

/**
 * Until when the job of a mail has it for itself: for an hour beyond the pause that follows an attempt. Afterwards, the
 * mail counts as one without a job. Workers of releases without jobs also leave it alone until then, and take it over if
 * such a release is deployed again.
 */
export function heldUntil(now: Date, attempt: number): Date {
  const pauseSeconds = attempt === 0 ? 0 : Math.exp(Math.min(attempt, 10))
  return new Date(now.getTime() + (3600 + pauseSeconds) * 1000)
}
