import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { readEnvironment } from '../config.js'
import type { Database } from '../core/database/client.js'
import { withConnection } from '../core/database/connection.js'
import { enqueueJob, readQueueState } from '../core/jobs/queue.js'
import { labJobs } from './lab-jobs.js'

interface StormOptions {
  url: string
  db: Database
  /** The number of jobs, of which every tenth is unique and enqueued twice. */
  count: number
}

/**
 * Runs jobs through two worker processes, and kills one of them when it has done a part of them.
 *
 * @returns how many jobs were run and how many were not, how many unique ones were run as two jobs, how often a verb was
 *   called, by the killed worker too, and the jobs a second from the first to the last but those that had to be returned
 */
export async function runJobStorm({ url, db, count }: StormOptions) {
  const ask = (sql: string) => withConnection(url, async (client) => (await client.query(sql)).rows)
  const countRuns = async (where = 'true') =>
    Number((await ask(`SELECT count(*) AS runs FROM storm_runs WHERE ${where}`))[0].runs)
  await ask('CREATE TABLE storm_runs (name text, job text, attempt int, pid int, at timestamptz DEFAULT now())')
  await enqueueAll(db, count)
  const workers = [startWorker(url), startWorker(url)] as const
  const [victim, survivor] = workers
  try {
    while ((await countRuns(`pid = ${victim.pid}`)) < count / 10) await sleep(20)
    victim.kill('SIGKILL')
    await once(victim, 'exit')
    while (await isBusy(db)) await sleep(200)
    const [row] = await ask(
      `SELECT count(DISTINCT name)::int AS done, count(*)::int AS runs,
         (count(DISTINCT job) - count(DISTINCT name))::int AS twice,
         round(count(*) / extract(epoch FROM max(at) FILTER (WHERE attempt = 1) - min(at)))::int AS "jobsPerSecond"
       FROM storm_runs`,
    )
    const ofVictim = await countRuns(`pid = ${victim.pid}`)
    return { ...row, lost: count - row.done, ofVictim }
  } finally {
    survivor.kill('SIGTERM')
    if (survivor.exitCode === null) await once(survivor, 'exit')
  }
}

async function enqueueAll(db: Database, count: number): Promise<void> {
  const perTransaction = 100
  for (let from = 0; from < count; from += perTransaction) {
    await db.$transaction(async (tx) => {
      for (let index = from; index < Math.min(count, from + perTransaction); index++) {
        const job = index % 10 === 0 ? labJobs.single : labJobs.work
        for (let times = 0; times < (index % 10 === 0 ? 2 : 1); times++) {
          await enqueueJob<typeof job.input>(tx, job, { text: `job ${index}` })
        }
      }
    })
  }
}

async function isBusy(db: Database): Promise<boolean> {
  const { waiting, running } = await readQueueState(db)
  return waiting + running > 0
}

function startWorker(url: string): ChildProcess {
  const file = fileURLToPath(new URL('job-storm-worker.ts', import.meta.url))
  return spawn(process.execPath, ['--import', 'tsx', file, url], {
    env: { PATH: readEnvironment().PATH },
    stdio: ['ignore', 'inherit', 'inherit'],
  })
}
