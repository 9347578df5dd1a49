import { setTimeout as sleep } from 'node:timers/promises'
import type { TaskList } from 'graphile-worker'
import type { Logger } from '../logger.js'
import { WorkerConnections } from './connections.js'
import { assertJobSchema } from './database-schema.js'
import { queueSettings, runOnce } from './library.js'
import { runJobs, type WorkerTimes } from './runner.js'
import { createTasks, type TasksOptions } from './tasks.js'

interface JobWorkerOptions<Services> extends TasksOptions<Services> {
  databaseUrl: string
  times?: Partial<WorkerTimes>
}

// Stopping takes less than a shutdown may, and a living worker without a connection finds one within a minute.
const defaultTimes = { poll: 2_000, watch: 15_000, grace: 90_000, abort: 15_000, stop: 20_000 }
const restartMs = 1_000

/**
 * Runs the jobs of the queue, and those that are scheduled. Any number of workers may run, of several releases: each
 * only takes jobs that it knows. It survives the loss of the database, and starts again whatever makes it fail.
 */
export function createJobWorker<Services>(options: JobWorkerOptions<Services>) {
  const { databaseUrl, jobs, log } = options
  const times = { ...defaultTimes, ...options.times }
  const tasks = createTasks(options)
  const stopping = new AbortController()
  const { signal } = stopping
  let working: Promise<void> | undefined

  async function work(): Promise<void> {
    const pool = new WorkerConnections(databaseUrl, log)
    const exitCode = process.exitCode
    try {
      await assertJobSchema(pool)
      await runJobs({ pool, tasks, jobs, times, log }, signal)
    } finally {
      await pool.close()
      // The library sets it if the schema is too new for it, but the process goes on.
      process.exitCode = exitCode
    }
  }

  async function keepWorking(): Promise<void> {
    while (!signal.aborted) {
      await work().catch((err: unknown) => log.warn({ err }, 'the job worker failed and will start again'))
      await sleep(restartMs, undefined, { signal }).catch(() => {})
    }
  }

  return {
    start(): void {
      working ??= keepWorking()
    },
    /** Runs the jobs that are due, one after the other, until none is. */
    drain: () => drain(databaseUrl, tasks, log),
    /** Takes no more jobs, and waits for the current ones. Those that take too long are returned to the queue. */
    async stop(): Promise<void> {
      stopping.abort()
      await working
    },
  }
}

async function drain(databaseUrl: string, tasks: TaskList, log: Logger): Promise<void> {
  const pool = new WorkerConnections(databaseUrl, log)
  const settings = queueSettings((level, message) => log[level](message))
  try {
    await runOnce({ ...settings, pgPool: pool, concurrency: 1 }, tasks)
  } finally {
    await pool.close()
  }
}
