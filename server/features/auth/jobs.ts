import { z } from 'zod'
import { defineJob } from '../../core/jobs/job.js'
import { daysBefore } from '../../core/retention.js'

type Services = {
  auth: {
    removeExpiredTokens(before: Date): Promise<number>
    removeExpiredRegistrations(before: Date): Promise<number>
  }
  settings: { retentionDays: number }
}

export const authJobs = [
  defineJob({
    name: 'mailTokens.removeExpired',
    summary: 'Delete links that expired long ago',
    input: z.strictObject({}),
    attempts: 5,
    cron: '43 * * * *',
    run: ({ auth, settings }: Services, _input, { now }) =>
      auth.removeExpiredTokens(daysBefore(now, settings.retentionDays)),
  }),
  defineJob({
    name: 'registrations.removeExpired',
    summary: 'Delete registrations that expired long ago',
    input: z.strictObject({}),
    attempts: 5,
    cron: '53 * * * *',
    run: ({ auth, settings }: Services, _input, { now }) =>
      auth.removeExpiredRegistrations(daysBefore(now, settings.retentionDays)),
  }),
]
