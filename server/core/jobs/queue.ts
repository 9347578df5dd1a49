import { z } from 'zod'
import type { Db, Transaction } from '../database/client.js'
import type { Job } from './job.js'

type JobStatus = 'waiting' | 'running' | 'failed'

/** A job of the queue, without its payload, which may contain personal data. Completed jobs are deleted. */
export type QueuedJob = z.output<typeof queuedJobSchema>

const queuedJobSchema = z.object({
  id: z.string(),
  name: z.string(),
  status: z.enum(['waiting', 'running', 'failed']),
  attempts: z.int(),
  maxAttempts: z.int(),
  runAt: z.date(),
  startedAt: z.date().nullable(),
  lastError: z.string().nullable(),
  createdAt: z.date(),
})

type Enqueued<Input extends z.ZodObject> = Omit<Job<never, Input>, 'perform'>

/**
 * Adds a job to the queue in the transaction of the caller. Workers see it when it commits, and never if it is rolled
 * back.
 *
 * @param input is stored as JSON until the job has ended: pass ids, and never secrets
 * @param runAt when it may run at the earliest; at once by default
 * @throws ZodError if the input is not that of the job
 */
export async function enqueueJob<Input extends z.ZodObject>(
  tx: Transaction,
  job: Enqueued<Input>,
  input: z.input<Input>,
  { runAt = null }: { runAt?: Date | null } = {},
): Promise<void> {
  const key = uniqueKey(job, input)
  await tx.$executeRaw`
    SELECT graphile_worker.add_job(
      ${job.name}::text, payload => ${JSON.stringify(input)}::json, run_at => ${runAt}::timestamptz,
      max_attempts => ${job.attempts}::int, job_key => ${key}::text, job_key_mode => 'preserve_run_at')`
}

/** Removes a unique job that waits or has failed. One that is running ends, and is not retried. */
export async function removeJob<Input extends z.ZodObject>(
  tx: Transaction,
  job: Enqueued<Input>,
  input: z.input<Input>,
): Promise<void> {
  await tx.$executeRaw`SELECT graphile_worker.remove_job(${uniqueKey(job, input)})`
}

/** The key of a unique job in the queue, which jobs of other names do not share. */
function uniqueKey<Input extends z.ZodObject>(job: Enqueued<Input>, input: z.input<Input>): string | null {
  const parsed = job.input.parse(input)
  return job.uniqueBy ? `${job.name}:${job.uniqueBy(parsed)}` : null
}

interface JobFilter {
  status?: JobStatus | undefined
  name?: string | undefined
  /** Only jobs that are older than the one with this id. */
  before?: string | undefined
  limit: number
}

/** Reads jobs of the queue, the newest first. */
export async function readJobs(db: Db, filter: JobFilter): Promise<QueuedJob[]> {
  const { status = null, name = null, before = null, limit } = filter
  const rows = await db.$queryRaw<unknown[]>`
    SELECT * FROM (
      SELECT id::text AS id, task_identifier AS name, attempts, max_attempts AS "maxAttempts", run_at AS "runAt",
        locked_at AS "startedAt", last_error AS "lastError", created_at AS "createdAt",
        CASE WHEN locked_at IS NOT NULL THEN 'running' WHEN attempts >= max_attempts THEN 'failed' ELSE 'waiting' END
          AS status
      FROM graphile_worker.jobs
      WHERE (${name}::text IS NULL OR task_identifier = ${name}) AND (${before}::bigint IS NULL OR id < ${before}::bigint)
    ) AS job
    WHERE ${status}::text IS NULL OR status = ${status}
    ORDER BY id::bigint DESC LIMIT ${limit}`
  return rows.map((row) => queuedJobSchema.parse(row))
}

/** Reads one job; null if there is none, or it has been completed. */
export async function readJob(db: Db, id: string): Promise<QueuedJob | null> {
  const [job] = await readJobs(db, { limit: 1, before: String(BigInt(id) + 1n) })
  return job?.id === id ? job : null
}

/** Lets one transaction at a time decide about a job. */
export async function lockJob(tx: Transaction, id: string): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${`job:${id}`}, 0))`
}

/**
 * Lets a failed job run again, with a new series of attempts. Workers find it within seconds.
 *
 * @returns whether it had failed
 */
export async function retryFailedJob(tx: Transaction, id: string): Promise<boolean> {
  const rows = await tx.$queryRaw<unknown[]>`
    SELECT (graphile_worker.reschedule_jobs(ARRAY[id], run_at => now(), attempts => 0)).id::text
    FROM graphile_worker.jobs WHERE id = ${id}::bigint AND locked_at IS NULL AND attempts >= max_attempts`
  return rows.length > 0
}

/**
 * Removes a failed job from the queue.
 *
 * @returns whether it had failed
 */
export async function discardFailedJob(tx: Transaction, id: string): Promise<boolean> {
  const rows = await tx.$queryRaw<unknown[]>`
    SELECT (graphile_worker.complete_jobs(ARRAY[id])).id::text
    FROM graphile_worker.jobs WHERE id = ${id}::bigint AND locked_at IS NULL AND attempts >= max_attempts`
  return rows.length > 0
}

/** Removes jobs that failed before a time. Returns their number. */
export async function removeFailedJobs(db: Db, { before, limit }: { before: Date; limit: number }): Promise<number> {
  const rows = await db.$queryRaw<unknown[]>`
    SELECT (graphile_worker.complete_jobs(array_agg(id))).id::text
    FROM (
      SELECT id FROM graphile_worker.jobs
      WHERE locked_at IS NULL AND attempts >= max_attempts AND run_at < ${before}::timestamptz LIMIT ${limit}) AS failed`
  return rows.length
}

const queueStateSchema = z.object({
  waiting: z.int(),
  running: z.int(),
  failed: z.int(),
  oldestWaitingSeconds: z.number(),
})

/** The size of the queue. A job whose time has not come is not waiting. */
export async function readQueueState(db: Db): Promise<z.output<typeof queueStateSchema>> {
  const [row] = await db.$queryRaw<unknown[]>`
    SELECT count(*) FILTER (WHERE is_due)::int AS waiting, count(*) FILTER (WHERE locked_at IS NOT NULL)::int AS running,
      count(*) FILTER (WHERE locked_at IS NULL AND attempts >= max_attempts)::int AS failed,
      coalesce(extract(epoch FROM now() - min(run_at) FILTER (WHERE is_due)), 0)::float8 AS "oldestWaitingSeconds"
    FROM (
      SELECT *, locked_at IS NULL AND attempts < max_attempts AND run_at <= now() AS is_due FROM graphile_worker.jobs
    ) AS job`
  return queueStateSchema.parse(row)
}
