import pg from 'pg'
import { connectionOptions } from '../database/connection-options.js'
import { codeOf } from '../unknown-values.js'
import { queueSettings, runMigrations } from './library.js'

/** The number of the newest migration that the library contains. A test compares it with a migrated database. */
const newestMigration = 19

const undefinedTable = '42P01'

/** Whether the database has the tables and functions of the queue that this release needs, or newer ones. */
export async function isJobSchemaCurrent(client: Pick<pg.Pool, 'query'>): Promise<boolean> {
  try {
    const { rows } = await client.query<{ newest: number | null }>(
      'SELECT max(id) AS newest FROM graphile_worker.migrations',
    )
    return (rows[0]?.newest ?? 0) >= newestMigration
  } catch (error) {
    if (codeOf(error) === undefinedTable) return false
    throw error
  }
}

/**
 * Checks that workers can work on the database.
 *
 * @throws Error that names the command that solves the problem
 */
export async function assertJobSchema(client: Pick<pg.Pool, 'query'>): Promise<void> {
  if (!(await isJobSchemaCurrent(client))) {
    throw new Error('The schema of the job queue is missing or outdated. Run: npm run migrate')
  }
}

/** Creates or updates the schema of the queue. The caller holds the lock on migrations. */
export async function migrateJobSchema(databaseUrl: string): Promise<void> {
  const pool = new pg.Pool({ ...connectionOptions(databaseUrl, { hasTimeouts: false }), max: 1 })
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  try {
    await runMigrations({ ...queueSettings(() => {}), pgPool: pool })
  } finally {
    await pool.end()
  }
}
