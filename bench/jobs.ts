import { parseArgs } from 'node:util'
import { pino } from 'pino'
import { createDatabase } from '../server/core/database/client.js'
import { ConnectionPool } from '../server/core/database/pool.js'
import { runJobStorm } from '../server/testing/job-storm.js'
import { startDatabase } from './support/settings.js'

/** Runs jobs through two processes, kills one of them, and fails if a job is lost or a unique one was run as two jobs. */
const { values } = parseArgs({ options: { count: { type: 'string', default: '10000' } } })
const count = Number(values.count)
if (!Number.isSafeInteger(count) || count < 100) throw new Error('--count takes a whole number of 100 or more.')
const database = await startDatabase()
const pool = new ConnectionPool({ url: database.url, max: 5, log: pino({ level: 'silent' }) })
const db = createDatabase({ pool })
try {
  const { done, lost, twice, runs, ofVictim, jobsPerSecond } = await runJobStorm({ url: database.url, db, count })
  console.log(`jobs                           ${count}, every tenth unique and enqueued twice`)
  console.log(`done                           ${done}, of which ${ofVictim} by the worker that was killed`)
  console.log(`lost                           ${lost}`)
  console.log(`unique ones run as two jobs    ${twice}`)
  console.log(`run again after the kill       ${runs - done}`)
  console.log(`jobs a second, both workers    ${jobsPerSecond}`)
  if (lost > 0 || twice > 0) process.exitCode = 1
} finally {
  await db.$disconnect()
  await database.stop()
}
