import { EventEmitter } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Runner, TaskList, WorkerEvents, WorkerPool } from 'graphile-worker'
import type pg from 'pg'
import type { Logger } from '../logger.js'
import { createDeathWatch, markAsLiving, returnJobsOf } from './abandoned.js'
import type { AnyJob } from './job.js'
import { parseCronItems, queueSettings, run } from './library.js'

/** How a worker spends its time, in milliseconds. */
export interface WorkerTimes {
  /** How often it looks for jobs whose time has come. Of others, it is notified. */
  poll: number
  /** How often it looks for workers that died, and for how long one must have been missing. */
  watch: number
  grace: number
  /** After which time a stopping worker aborts the signals of its jobs, and after which it returns them to the queue. */
  abort: number
  stop: number
}

export interface RunnerOptions {
  pool: pg.Pool
  tasks: TaskList
  jobs: readonly Pick<AnyJob<never>, 'name' | 'cron' | 'attempts'>[]
  times: WorkerTimes
  log: Logger
}

// As many jobs at a time as the mail server gets connections.
const concurrency = 3
// A time of a schedule that was missed is made up for within a day, such as after a night without a worker.
const backfillPeriod = 24 * 3600 * 1000
const farewellMs = 5_000

/**
 * Runs the library until the signal is aborted or a statement has failed that takes a job, and the current jobs have
 * ended, or until it has failed.
 *
 * @throws what prevents its start
 */
export async function runJobs(options: RunnerOptions, signal: AbortSignal): Promise<void> {
  const events: WorkerEvents = new EventEmitter()
  const own = followOwnPool(events, options.log)
  const runner = await startLibrary(options, events)
  const [leaving, ended] = [new AbortController(), new AbortController()]
  const leave = () => leaving.abort()
  leaving.signal.addEventListener('abort', () => {
    void runner.stop().catch(() => {})
    void returnAfter(options.times.stop, own, ended.signal)
  })
  // If the response to this statement was lost, it may have taken a job, which only another name counts as abandoned.
  events.on('worker:getJob:error', leave)
  const stopWatch = watchOverOthers(options, own, leave)
  signal.addEventListener('abort', leave)
  if (signal.aborted) leave()
  try {
    await Promise.race([runner.promise, overdue(leaving.signal, options.times.stop + farewellMs)])
  } finally {
    ended.abort()
    stopWatch()
    signal.removeEventListener('abort', leave)
  }
}

function startLibrary({ pool, tasks, jobs, times, log }: RunnerOptions, events: WorkerEvents): Promise<Runner> {
  const schedules = jobs.flatMap(({ name, cron, attempts }) =>
    cron === undefined
      ? []
      : [{ task: name, match: cron, options: { maxAttempts: attempts, jobKey: name, backfillPeriod } }],
  )
  return run(
    {
      ...queueSettings((level, message) => log[level](message)),
      pgPool: pool,
      events,
      concurrency,
      pollInterval: times.poll,
      gracefulShutdownAbortTimeout: times.abort,
    },
    tasks,
    parseCronItems(schedules),
  )
}

type Own = () => WorkerPool | undefined

/** Marks this worker as living on each connection that waits for notifications, and returns a way to reach it. */
function followOwnPool(events: WorkerEvents, log: Logger): Own {
  let own: WorkerPool | undefined
  events.on('pool:create', ({ workerPool }) => {
    own = workerPool
  })
  events.on('pool:listen:success', ({ client, workerPool }) => {
    // When the library has sent its own statement, because a connection takes one at a time.
    client.once('drain', () => {
      markAsLiving(client, workerPool.id).catch((err: unknown) => log.debug({ err }, 'marking as living failed'))
    })
  })
  return () => own
}

/** @returns a function that ends the watch */
function watchOverOthers({ pool, times, log }: RunnerOptions, own: Own, leave: () => void): () => void {
  const findDead = createDeathWatch(pool, times.grace)
  const look = async () => {
    const dead = await findDead()
    // The others take it for dead too. It starts again, with another name.
    if (dead.some((worker) => worker === own()?.id)) leave()
    const others = dead.filter((worker) => worker !== own()?.id)
    if (others.length === 0) return
    await returnJobsOf(pool, others)
    log.warn({ workers: others }, 'the jobs of dead workers were returned to the queue')
  }
  const timer = setInterval(() => {
    look().catch((err: unknown) => log.debug({ err }, 'looking for dead workers failed'))
  }, times.watch)
  return () => clearInterval(timer)
}

/** Returns the jobs that are still running after a time to the queue, where they wait for their next attempt. */
async function returnAfter(ms: number, own: Own, ended: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { ref: false, signal: ended })
    await own()?.forcefulShutdown('The worker had to stop before the job ended.')
  } catch {
    // They have ended, or the database is away.
  }
}

/** Ends a time after the signal, because the library waits for the database without an end. */
async function overdue(signal: AbortSignal, ms: number): Promise<void> {
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
  await sleep(ms, undefined, { ref: false })
}
