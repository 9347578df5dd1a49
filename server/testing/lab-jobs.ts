import { z } from 'zod'
import { defineJob, type JobRun } from '../core/jobs/job.js'

/** What the verb of the lab's job does. */
export type Verb = (input: { text: string }, run: JobRun) => Promise<unknown>

export interface LabServices {
  verb: Verb
}

/** The jobs of the lab: one that can be enqueued, and one of which only one waits. */
export const labJobs = {
  work: defineJob({
    name: 'lab.work',
    summary: 'Call the verb of the test',
    input: z.strictObject({ text: z.string() }),
    attempts: 3,
    run: ({ verb }: LabServices, input, run) => verb(input, run),
  }),
  single: defineJob({
    name: 'lab.single',
    summary: 'Call the verb of the test once for each text',
    input: z.strictObject({ text: z.string(), note: z.string().optional() }),
    attempts: 3,
    uniqueBy: ({ text }) => text,
    run: ({ verb }: LabServices, input, run) => verb(input, run),
  }),
}
