import pg from 'pg'
import { pino } from 'pino'
import { systemClock } from '../core/clock.js'
import { createJobWorker } from '../core/jobs/worker.js'
import { labJobs } from './lab-jobs.js'

// A worker in a process of its own, for job-storm.ts: it notes each run in a table, until it is killed or told to stop.
const [databaseUrl = ''] = process.argv.slice(2)
const pool = new pg.Pool({ connectionString: databaseUrl, max: 3 })
const worker = createJobWorker({
  databaseUrl,
  jobs: Object.values(labJobs),
  services: {
    verb: ({ text }, { id, attempt }) =>
      pool.query('INSERT INTO storm_runs (name, job, attempt, pid) VALUES ($1, $2, $3, $4)', [
        text,
        id,
        attempt,
        process.pid,
      ]),
  },
  clock: systemClock,
  log: pino({ level: 'error' }),
  times: { watch: 500, grace: 3_000 },
})
worker.start()
process.on('SIGTERM', () => {
  worker
    .stop()
    .then(() => pool.end())
    .catch(() => process.exit(1))
})
