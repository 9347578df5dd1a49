import { z } from 'zod'
import type { Database } from '../database/client.js'
import { removeExpiredKeys } from '../idempotency/create-once.js'
import { daysBefore, removeInBatches } from '../retention.js'
import { defineJob } from './job.js'
import { removeFailedJobs } from './queue.js'

type Upkeep = {
  upkeep: { db: Database; counters: { removeExpired(): Promise<void> } }
  settings: { retentionDays: number }
}

const nothing = z.strictObject({})

/** The jobs that delete what the framework part itself stores. */
export const upkeepJobs = [
  defineJob({
    name: 'jobs.removeFailed',
    summary: 'Delete jobs that failed long ago',
    input: nothing,
    attempts: 5,
    cron: '23 * * * *',
    run: ({ upkeep: { db }, settings }: Upkeep, _input, { now }) =>
      removeInBatches(async (limit) => ({
        count: await removeFailedJobs(db, { before: daysBefore(now, settings.retentionDays), limit }),
      })),
  }),
  defineJob({
    name: 'idempotencyKeys.removeExpired',
    summary: 'Delete the answers to requests with an idempotency key after 24 hours',
    input: nothing,
    attempts: 5,
    cron: '13 * * * *',
    run: ({ upkeep: { db } }: Upkeep, _input, { now }) => removeExpiredKeys({ db }, now),
  }),
  defineJob({
    name: 'rateLimits.removeExpired',
    summary: 'Delete the counters of rate limits whose window has passed',
    input: nothing,
    attempts: 1,
    cron: '*/5 * * * *',
    run: ({ upkeep: { counters } }: Upkeep) => counters.removeExpired(),
  }),
]
