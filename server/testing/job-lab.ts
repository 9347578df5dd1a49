import { onTestFinished } from 'vitest'
import { withConnection } from '../core/database/connection.js'
import type { AnyJob } from '../core/jobs/job.js'
import type { WorkerTimes } from '../core/jobs/runner.js'
import { createJobWorker } from '../core/jobs/worker.js'
import type { Logger } from '../core/logger.js'
import { createFakeClock } from './fake-clock.js'
import { type LabServices, labJobs, type Verb } from './lab-jobs.js'
import { silentLog } from './rate-limit-stores.js'
import { createTestDatabase, openDatabase } from './test-database.js'

interface WorkerOptions {
  verb: Verb
  jobs?: readonly AnyJob<LabServices>[]
  databaseUrl?: string
  log?: Logger
  times?: Partial<WorkerTimes>
}

export type JobLab = Awaited<ReturnType<typeof createJobLab>>

/** A database with a queue, and any number of workers, which stop at the end of their test. */
export async function createJobLab() {
  const database = await createTestDatabase()
  const { url } = database
  const db = openDatabase(url, { max: 5 })
  return {
    url,
    db,
    worker({ verb, jobs = Object.values(labJobs), databaseUrl = url, log = silentLog, times = {} }: WorkerOptions) {
      const worker = createJobWorker({
        databaseUrl,
        jobs,
        services: { verb },
        clock: createFakeClock(),
        log,
        times: { poll: 200, ...times },
      })
      onTestFinished(() => worker.stop())
      return worker
    },
    /** Runs statements outside of the application. */
    query: (sql: string) => withConnection(url, async (client) => (await client.query(sql)).rows),
    /** Lets every waiting job be due now. */
    hurry: () =>
      withConnection(url, (client) => client.query('UPDATE graphile_worker._private_jobs SET run_at = now()')),
    async close() {
      await db.$disconnect()
      await database.drop()
    },
  }
}
