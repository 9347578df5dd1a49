import { assertJobSchema } from '../jobs/database-schema.js'
import { readMigrations } from './migrations/folder.js'
import { readHistory } from './migrations/history.js'
import { borrowAs, type ConnectionPool } from './pool.js'

/**
 * Creates the checks of whether the database can serve: it responds, it is writable, and all migrations are applied,
 * also those of the job queue.
 * They use a connection that waiting requests cannot take, so that a locked table or many slow requests do not make the
 * instance unready. The migrations are checked until all are applied, and not again.
 */
export function createDatabaseChecks(pool: ConnectionPool) {
  let isMigrated = false
  const check = (work: () => Promise<void>) => () => borrowAs({ purpose: 'readiness' }, work)
  return {
    database: check(() => assertWritable(pool)),
    migrations: check(async () => {
      if (isMigrated) return
      await assertMigrated(pool)
      await assertJobSchema(pool)
      isMigrated = true
    }),
  }
}

async function assertWritable(pool: ConnectionPool): Promise<void> {
  const { rows } = await pool.query<{ isReadOnly: boolean }>(
    `SELECT pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on' AS "isReadOnly"`,
  )
  if (!rows[0]?.isReadOnly) return
  // Perhaps only this connection is read-only, because it was opened when the server was a replica.
  pool.renew()
  throw new Error('The database is read-only.')
}

async function assertMigrated(pool: ConnectionPool): Promise<void> {
  const { pending, problem } = await readHistory(pool, await readMigrations())
  if (problem) throw new Error(problem.fault)
  if (pending.length > 0) throw new Error(`Migrations are pending: ${pending.join(', ')}`)
}
