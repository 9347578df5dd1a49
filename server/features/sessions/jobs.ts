import { z } from 'zod'
import { defineJob } from '../../core/jobs/job.js'
import { daysBefore } from '../../core/retention.js'

type Services = {
  sessions: { removeEnded(before: Date): Promise<number> }
  settings: { retentionDays: number }
}

export const sessionsJobs = [
  defineJob({
    name: 'sessions.removeEnded',
    summary: 'Delete sessions that ended long ago',
    input: z.strictObject({}),
    attempts: 5,
    cron: '3 * * * *',
    run: ({ sessions, settings }: Services, _input, { now }) =>
      sessions.removeEnded(daysBefore(now, settings.retentionDays)),
  }),
]
