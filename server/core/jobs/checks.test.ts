import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { appJobs } from '../../jobs.js'
import { checkJobs } from './checks.js'
import { defineJob } from './job.js'

const sound = {
  name: 'things.tidy',
  summary: 'Tidy things',
  input: z.strictObject({}),
  attempts: 3,
  cron: '30 4 * * 1',
  run: async () => {},
}

describe('the check of jobs at the start', () => {
  it('accepts the jobs of the application', () => {
    expect(() => checkJobs(appJobs)).not.toThrow()
    expect(() => checkJobs([defineJob(sound)])).not.toThrow()
  })

  it.each<[string, Partial<typeof sound> & { input?: z.ZodObject }, RegExp]>([
    ['a name without a noun', { name: 'tidy' }, /tidy: must be named <noun>\.<verb>/],
    ['a name that is too long', { name: `things.${'a'.repeat(100)}` }, /at most 100/],
    ['no summary', { summary: '' }, /things\.tidy: has no summary/],
    ['no attempt', { attempts: 0 }, /has 0 attempts, and not 1 to 25/],
    ['too many attempts', { attempts: 26 }, /has 26 attempts/],
    ['half an attempt', { attempts: 1.5 }, /has 1\.5 attempts/],
    ['an input that ignores unknown fields', { input: z.object({}) }, /not a z\.strictObject/],
    ['an input that JSON cannot carry', { input: z.strictObject({ at: z.date().optional() }) }, /JSON cannot carry/],
    ['a schedule that is none', { cron: 'every Monday' }, /a schedule "every Monday", which is not five fields/],
    ['a schedule of an impossible time', { cron: '61 4 * * 1' }, /a schedule "61 4 \* \* 1"/],
    ['a schedule and a required input', { input: z.strictObject({ id: z.string() }) }, /its input requires fields/],
  ])('rejects %s', (_fault, part, message) => {
    expect(() => checkJobs([defineJob({ ...sound, ...part })])).toThrow(message)
  })

  it('rejects two jobs with one name, and lists all errors', () => {
    const faulty = defineJob({ ...sound, summary: '' })
    expect(() => checkJobs([defineJob(sound), faulty])).toThrow(
      /things\.tidy: has no summary\n.*things\.tidy: is the name of two jobs/,
    )
  })
})
