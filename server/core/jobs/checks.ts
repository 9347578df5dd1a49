import { z } from 'zod'
import type { AnyJob } from './job.js'
import { parseCronItem } from './library.js'

type Declared = Omit<AnyJob<never>, 'perform'>

/** The most attempts that a job may have: the pauses between them then add up to about four days. */
const attemptsMax = 25
const namePattern = /^[a-z][A-Za-z0-9]*\.[a-z][A-Za-z0-9]*$/
const nameMax = 100

/**
 * Checks that every job has all required declarations.
 *
 * @throws Error with one line for each error, which begins with the name of the job
 */
export function checkJobs(jobs: readonly Declared[]): void {
  const faults = jobs.flatMap((job, index) => [
    ...faultsOf(job).map((fault) => `${job.name}: ${fault}`),
    ...(jobs.findIndex(({ name }) => name === job.name) < index ? [`${job.name}: is the name of two jobs`] : []),
  ])
  if (faults.length > 0) throw new Error(`The jobs have errors:\n${faults.map((line) => `  - ${line}`).join('\n')}`)
}

function faultsOf({ name, summary, input, attempts, cron }: Declared): string[] {
  const isNamed = namePattern.test(name) && name.length <= nameMax
  return [
    ...(isNamed ? [] : [`must be named <noun>.<verb>, in at most ${nameMax} letters and digits`]),
    ...(summary ? [] : ['has no summary']),
    ...(Number.isInteger(attempts) && attempts >= 1 && attempts <= attemptsMax
      ? []
      : [`has ${attempts} attempts, and not 1 to ${attemptsMax}`]),
    ...inputFaults(input),
    ...(cron === undefined ? [] : cronFaults(cron, input)),
  ]
}

function inputFaults(input: z.ZodObject): string[] {
  return [
    ...(input.def.catchall instanceof z.ZodNever ? [] : ['has an input that is not a z.strictObject']),
    ...(isJson(input) ? [] : ['has an input that JSON cannot carry, such as a Date: use a text']),
  ]
}

/** Whether JSON can carry the input. Zod cannot describe dates, big integers, maps and the like as JSON. */
function isJson(input: z.ZodObject): boolean {
  try {
    z.toJSONSchema(input, { io: 'input' })
    return true
  } catch {
    return false
  }
}

function cronFaults(cron: string, input: z.ZodObject): string[] {
  return [
    ...(isCron(cron) ? [] : [`has a schedule "${cron}", which is not five fields of cron such as "30 4 * * 1"`]),
    ...(input.safeParse({}).success ? [] : ['has a schedule, but its input requires fields']),
  ]
}

function isCron(match: string): boolean {
  try {
    parseCronItem({ task: 'checked', match })
    return true
  } catch {
    return false
  }
}
