import { z } from 'zod'
import { defineJob } from '../../core/jobs/job.js'
import { daysBefore } from '../../core/retention.js'

type Services = {
  apiKeys: { removeEnded(before: Date): Promise<number> }
  settings: { retentionDays: number }
}

export const apiKeysJobs = [
  defineJob({
    name: 'apiKeys.removeEnded',
    summary: 'Delete API keys that ended or expired long ago',
    input: z.strictObject({}),
    attempts: 5,
    cron: '33 * * * *',
    run: ({ apiKeys, settings }: Services, _input, { now }) =>
      apiKeys.removeEnded(daysBefore(now, settings.retentionDays)),
  }),
]
