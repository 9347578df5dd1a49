import type { z } from 'zod'
import type { Logger } from '../logger.js'
import { isRecord } from '../unknown-values.js'

/** What a job learns about the attempt that runs it. */
export interface JobRun {
  /** The same for all attempts of a job, such as for the idempotency key of another service. */
  id: string
  now: Date
  /** The time of the schedule that caused it, which a late run also gets; `now` without a schedule. */
  scheduledAt: Date
  /** 1 for the first attempt. */
  attempt: number
  isLastAttempt: boolean
  /** Aborted when the worker has been told to stop and waits no longer than a few seconds. */
  signal: AbortSignal
  log: Logger
}

/** A job with its services and its input forgotten, so that jobs of several features can be in one list. */
export interface AnyJob<Services> {
  /** `<noun>.<verb>`. Waiting jobs have it in the database, so that a name is never used for something else. */
  readonly name: string
  /** One line for people who operate the server, as a verb phrase. */
  readonly summary: string
  readonly input: z.ZodObject
  /** How often it is tried before it counts as failed, from 1 to 25. The pauses grow from seconds to hours. */
  readonly attempts: number
  /** When to run it without a caller: minute, hour, day, month and weekday, in UTC. Its input is then empty. */
  readonly cron?: string | undefined
  /** @throws JobInputError if the payload does not fit the input, and what the verb throws */
  readonly perform: (services: Services, payload: unknown, run: JobRun) => Promise<void>
}

/** A job that code of this application can enqueue. */
export interface Job<Services, Input extends z.ZodObject> extends AnyJob<Services> {
  readonly input: Input
  /**
   * Of several waiting jobs with the same key, only one exists, with the newest input. One that has begun does not
   * count.
   */
  readonly uniqueBy?: ((input: z.output<Input>) => string) | undefined
}

type Declaration<Services, Input extends z.ZodObject> = Omit<Job<Services, Input>, 'perform'> & {
  /** The verb. It may run more than once: each job runs at least once. */
  run: (services: Services, input: z.output<Input>, run: JobRun) => Promise<unknown>
}

/** Thrown for a payload that does not fit the input of the job. It names the fields, and never their values. */
class JobInputError extends Error {}

/**
 * Declares a job, as a procedure is declared: what it is called, what it takes, and which verb of which service it calls.
 * The type of its first parameter names the services that it uses. `checkJobs` checks the declaration at the start.
 */
export function defineJob<Services, Input extends z.ZodObject>({
  run,
  ...declared
}: Declaration<Services, Input>): Job<Services, Input> {
  return {
    ...declared,
    perform: async (services, payload, current) => {
      const parsed = declared.input.safeParse(withoutSchedule(payload))
      if (!parsed.success) throw new JobInputError(`The input of the job is invalid: ${describeFaults(parsed.error)}`)
      await run(services, parsed.data, current)
    },
  }
}

const scheduleKey = '_cron'

/** The time of the schedule in a payload that a schedule has caused. */
export function scheduleOf(payload: unknown): Date | undefined {
  const schedule = isRecord(payload) ? payload[scheduleKey] : undefined
  const time = isRecord(schedule) && typeof schedule.ts === 'string' ? Date.parse(schedule.ts) : Number.NaN
  return Number.isNaN(time) ? undefined : new Date(time)
}

function withoutSchedule(payload: unknown): unknown {
  if (!isRecord(payload)) return payload
  const { [scheduleKey]: _schedule, ...input } = payload
  return input
}

function describeFaults({ issues }: z.core.$ZodError): string {
  return issues.map(({ path, code }) => `${path.join('.') || 'the whole'} (${code})`).join(', ')
}
