import { z } from 'zod'
import { defineJob } from '../../core/jobs/job.js'
import { daysBefore } from '../../core/retention.js'

type Services = {
  mail: { removeSettled(before: Date): Promise<number> }
  settings: { retentionDays: number }
}

export const mailJobs = [
  defineJob({
    name: 'mail.removeSettled',
    summary: 'Delete mails that were sent, or failed, long ago',
    input: z.strictObject({}),
    attempts: 5,
    cron: '28 * * * *',
    run: ({ mail, settings }: Services, _input, { now }) => mail.removeSettled(daysBefore(now, settings.retentionDays)),
  }),
]
