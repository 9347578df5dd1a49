import { z } from 'zod'
import { defineJob } from '../../core/jobs/job.js'

type Services = {
  reports: {
    request(now: Date): Promise<void>
    countAccounts(input: { day: string }): Promise<number>
  }
}

export const countAccounts = defineJob({
  name: 'reports.countAccounts',
  summary: 'Count the accounts that were created on a day',
  input: z.strictObject({ day: z.iso.date() }),
  attempts: 5,
  uniqueBy: ({ day }) => day,
  run: async ({ reports }: Services, { day }, { log }) => {
    const accounts = await reports.countAccounts({ day })
    log.info({ day, accounts }, 'accounts counted')
  },
})

export const reportsJobs = [
  countAccounts,
  defineJob({
    name: 'reports.requestNightly',
    summary: 'Request the report of yesterday',
    input: z.strictObject({}),
    attempts: 5,
    cron: '15 2 * * *',
    run: ({ reports }: Services, _input, { scheduledAt }) => reports.request(scheduledAt),
  }),
]
