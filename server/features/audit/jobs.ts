import { z } from 'zod'
import { defineJob } from '../../core/jobs/job.js'

type Services = {
  audit: {
    removeAnonymous(now: Date, days: number): Promise<number>
    removeOld(now: Date, days: number): Promise<number>
  }
  digest: { mailToAdmins(until: Date): Promise<void> }
  settings: { auditAnonymousDays: number; auditDays: number | undefined }
}

export const auditJobs = [
  defineJob({
    name: 'audit.removeAnonymous',
    summary: 'Delete old audit events of anonymous callers',
    input: z.strictObject({}),
    attempts: 5,
    cron: '38 * * * *',
    run: ({ audit, settings }: Services, _input, { now }) => audit.removeAnonymous(now, settings.auditAnonymousDays),
  }),
  defineJob({
    name: 'audit.removeOld',
    summary: 'Delete old audit events, if the settings say when',
    input: z.strictObject({}),
    attempts: 5,
    cron: '48 * * * *',
    run: async ({ audit, settings: { auditDays } }: Services, _input, { now }) => {
      if (auditDays !== undefined) await audit.removeOld(now, auditDays)
    },
  }),
  defineJob({
    name: 'digest.mailToAdmins',
    summary: 'Mail the digest of the week to admins',
    input: z.strictObject({}),
    attempts: 10,
    // On Mondays.
    cron: '0 7 * * 1',
    run: ({ digest }: Services, _input, { scheduledAt }) => digest.mailToAdmins(scheduledAt),
  }),
]
