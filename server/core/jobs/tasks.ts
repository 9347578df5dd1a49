import type { Task } from 'graphile-worker'
import type { Clock } from '../clock.js'
import type { Logger } from '../logger.js'
import { type AnyJob, scheduleOf } from './job.js'

export interface TasksOptions<Services> {
  jobs: readonly AnyJob<Services>[]
  /** What the verbs of the jobs use. */
  services: Services
  clock: Clock
  log: Logger
}

const reasonMax = 500

/** Creates the functions that run jobs for the library, by name. They log what became of each attempt. */
export function createTasks<Services>({ jobs, ...rest }: TasksOptions<Services>): Record<string, Task> {
  return Object.fromEntries(jobs.map((job) => [job.name, createTask(job, rest)]))
}

function createTask<Services>(
  job: AnyJob<Services>,
  { services, clock, log: parent }: Omit<TasksOptions<Services>, 'jobs'>,
): Task {
  return async (payload, { job: { id, attempts, max_attempts: attemptsMax }, abortSignal: signal }) => {
    const log = parent.child({ job: job.name, jobId: id, attempt: attempts })
    const [now, isLastAttempt, startedAt] = [clock.now(), attempts >= attemptsMax, performance.now()]
    const durationMs = () => Math.round(performance.now() - startedAt)
    const scheduledAt = scheduleOf(payload) ?? now
    try {
      await job.perform(services, payload, { id, now, scheduledAt, attempt: attempts, isLastAttempt, signal, log })
      log.info({ durationMs: durationMs() }, 'job done')
    } catch (err) {
      const outcome = isLastAttempt ? 'job failed' : 'job failed and will be retried'
      log[isLastAttempt ? 'error' : 'warn']({ err, durationMs: durationMs() }, outcome)
      throw new Error(reasonOf(err), { cause: err })
    }
  }
}

/** The reason that the queue stores, on one line. PostgreSQL rejects some of the other characters. */
function reasonOf(error: unknown): string {
  const reason = error instanceof Error ? error.message : String(error)
  const line = reason.replaceAll(/[\p{Cc}\p{Cs}\s]+/gu, ' ').trim()
  return line.slice(0, reasonMax).replace(/\p{Cs}$/u, '') || 'The job failed without a reason.'
}
