import type { Database } from '../../core/database/client.js'
import { enqueueJob } from '../../core/jobs/queue.js'
import { countAccounts } from './jobs.js'

const dayMs = 24 * 3600 * 1000

/** Reports for operators. */
export function createReportsService({ db }: { db: Database }) {
  return {
    /** Enqueues the report of the day before a time. */
    async request(now: Date): Promise<void> {
      const day = new Date(now.getTime() - dayMs).toISOString().slice(0, 10)
      await db.$transaction((tx) => enqueueJob(tx, countAccounts, { day }))
    },

    /** Counts the accounts that were created on a day, in UTC. */
    async countAccounts({ day }: { day: string }): Promise<number> {
      const start = new Date(day)
      return db.user.count({ where: { createdAt: { gte: start, lt: new Date(start.getTime() + dayMs) } } })
    },
  }
}
