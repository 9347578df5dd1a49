import { z } from 'zod'
import type { Actor } from '../../core/actor.js'
import type { Database, Transaction } from '../../core/database/client.js'
import { type AppError, ConflictError, NotFoundError } from '../../core/errors.js'
import { discardFailedJob, lockJob, type QueuedJob, readJob, readJobs, retryFailedJob } from '../../core/jobs/queue.js'
import { cutPage, decodeCursor, encodeCursor } from '../../core/pagination/cursor.js'
import { type AuditService, doneBy } from '../audit/service.js'
import { type byJobIdSchema, jobIdSchema, type jobPageSchema, type listJobsSchema } from './schema.js'

type ListJobs = z.output<typeof listJobsSchema>
type ByJobId = z.output<typeof byJobIdSchema>

interface JobsServiceOptions {
  db: Database
  audit: Pick<AuditService, 'record'>
}

/** A position in the list: the id of a job. Later jobs have higher ids. */
const jobPosition = z.tuple([jobIdSchema])

/** The queue of jobs for operators. */
export function createJobsService({ db, audit }: JobsServiceOptions) {
  return {
    /**
     * One page of the queue, newest first.
     * @throws BadRequestError for an invalid cursor
     */
    async list({ limit, cursor, status, name }: ListJobs): Promise<z.output<typeof jobPageSchema>> {
      const scope = ['jobs', status, name]
      const [before] = decodeCursor(cursor, scope, jobPosition) ?? []
      const jobs = await readJobs(db, { status, name, before, limit: limit + 1 })
      return cutPage(jobs, limit, ({ id }) => encodeCursor(scope, [id]))
    },

    /**
     * Queues a failed job again, with a new series of attempts.
     * @throws NotFoundError; ConflictError if the job has not failed
     */
    async retry(actor: Actor, { id }: ByJobId): Promise<QueuedJob> {
      return db.$transaction(async (tx) => {
        const name = await lockNamed(tx, id)
        if (!(await retryFailedJob(tx, id))) throw notFailed()
        await audit.record(tx, { type: 'job.retried', ...doneBy(actor), userId: null, data: { jobId: id, name } })
        const job = await readJob(tx, id)
        if (!job) throw notFound()
        return job
      })
    },

    /**
     * Deletes a failed job.
     * @throws NotFoundError; ConflictError if the job has not failed
     */
    async discard(actor: Actor, { id }: ByJobId): Promise<void> {
      await db.$transaction(async (tx) => {
        const name = await lockNamed(tx, id)
        if (!(await discardFailedJob(tx, id))) throw notFailed()
        await audit.record(tx, { type: 'job.discarded', ...doneBy(actor), userId: null, data: { jobId: id, name } })
      })
    },
  }
}

/** @throws NotFoundError */
async function lockNamed(tx: Transaction, id: string): Promise<string> {
  await lockJob(tx, id)
  const job = await readJob(tx, id)
  if (!job) throw notFound()
  return job.name
}

const notFound = (): AppError => new NotFoundError({ resource: 'Job' })
const notFailed = (): AppError => new ConflictError({ message: 'Only a failed job can be retried or discarded.' })
