import { z } from 'zod'
import { cursorPageInput, cursorPageOf } from '../../core/pagination/schema.js'

/** The id of a job: a decimal number as text, because the queue numbers jobs with 64 bits, and JSON has 53. */
export const jobIdSchema = z
  .string()
  .regex(/^[1-9]\d{0,17}$/, 'This is no number of a job.')
  .meta({ format: 'int64', description: 'The number of the job in the queue, as text.' })

const jobStatusSchema = z.enum(['waiting', 'running', 'failed']).meta({
  id: 'JobStatus',
  description:
    '`waiting` means that the job runs as soon as its time has come and a worker is free. `failed` means that all ' +
    'attempts have failed; only the operation `retry` runs such a job again. A completed job is deleted.',
})

export const listJobsSchema = z.strictObject({
  ...cursorPageInput,
  status: jobStatusSchema.optional(),
  name: z.string().min(1).max(100).optional().describe('The name of a job, such as `sessions.removeEnded`.'),
})

export const byJobIdSchema = z.strictObject({ id: jobIdSchema })

export const jobSchema = z
  .object({
    id: jobIdSchema,
    name: z.string().max(128).describe('What the job does: a noun and a verb.'),
    status: jobStatusSchema,
    attempts: z.int().min(0).max(32_767).describe('The attempts that have begun.'),
    maxAttempts: z.int().min(1).max(32_767).describe('The attempts after which the job counts as failed.'),
    runAt: z.date().describe('When the job runs, or the next attempt, at the earliest.'),
    startedAt: z.date().nullable().describe('When the current attempt began; null unless the job is running.'),
    lastError: z.string().max(500).nullable().describe('Why the last attempt failed.'),
    createdAt: z.date(),
  })
  .meta({ id: 'Job', description: 'Work that runs in the background. Its input is not returned.' })

export const jobPageSchema = cursorPageOf(jobSchema)

/** The types of events that this feature records in the audit trail. */
export const jobEvents = ['job.retried', 'job.discarded'] as const
