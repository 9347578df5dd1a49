import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { codeOf } from '../../unknown-values.js'
import type { Migration } from './folder.js'
import { checksumOf } from './history.js'
import { isLockTimeout, isOneTransaction, type Waiting, withShortLocks } from './lock-waits.js'

// The table of Prisma Migrate, so that `prisma migrate` works on the same database.
const createTable = `
  CREATE TABLE IF NOT EXISTS _prisma_migrations (
    id varchar(36) PRIMARY KEY NOT NULL,
    checksum varchar(64) NOT NULL,
    finished_at timestamptz,
    migration_name varchar(255) NOT NULL,
    logs text,
    rolled_back_at timestamptz,
    started_at timestamptz NOT NULL DEFAULT now(),
    applied_steps_count integer NOT NULL DEFAULT 0
  )`

/** Whether the database has tables, but no history of migrations. */
export async function isUnmanaged(client: pg.ClientBase): Promise<boolean> {
  const { rows } = await client.query<{ isUnmanaged: boolean }>(
    `SELECT to_regclass('_prisma_migrations') IS NULL
       AND EXISTS (SELECT FROM pg_tables WHERE schemaname = current_schema()) AS "isUnmanaged"`,
  )
  return rows[0]?.isUnmanaged ?? false
}

/**
 * Runs a migration and records its result. The script is sent as a whole, so that PostgreSQL runs it in one
 * transaction, and waits for its locks as {@link withShortLocks} says. If the process is killed while the script runs, a
 * row without an end remains, which the next run reports as failed.
 *
 * @throws LockWaitError if it did not get its locks, and Error with PostgreSQL's reason and the line of the script
 */
export async function runMigration(waiting: Waiting, migration: Migration): Promise<void> {
  await waiting.client.query(createTable)
  const isRepeatable = isOneTransaction(migration.sql)
  const attempt = () => runScript(waiting.client, migration, { isRepeatable })
  await (isRepeatable ? withShortLocks(waiting, attempt) : attempt())
}

async function runScript(
  client: pg.ClientBase,
  { name, sql }: Migration,
  { isRepeatable }: { isRepeatable: boolean },
): Promise<void> {
  const id = randomUUID()
  const start = 'INSERT INTO _prisma_migrations (id, checksum, migration_name) VALUES ($1, $2, $3)'
  await client.query(start, [id, checksumOf(sql), name])
  try {
    await client.query(sql)
  } catch (error) {
    const failure = locate(error, sql)
    if (client.getTransactionStatus() !== 'I') await client.query('ROLLBACK')
    // It has changed nothing, and may be tried again.
    if (isRepeatable && (isLockTimeout(error) || isForbidden(error)))
      await client.query('DELETE FROM _prisma_migrations WHERE id = $1', [id])
    else await client.query('UPDATE _prisma_migrations SET logs = $2 WHERE id = $1', [id, failure.message])
    throw failure
  }
  await client.query('UPDATE _prisma_migrations SET finished_at = now(), applied_steps_count = 1 WHERE id = $1', [id])
}

/**
 * Records that a migration is applied, although it was not run or has failed.
 *
 * @returns whether there was anything to record
 */
export async function markApplied(client: pg.ClientBase, { name, sql }: Migration): Promise<boolean> {
  await client.query(createTable)
  const known = 'SELECT 1 FROM _prisma_migrations WHERE migration_name = $1 AND finished_at IS NOT NULL'
  const isApplied = `${known} AND rolled_back_at IS NULL`
  if ((await client.query(isApplied, [name])).rowCount) return false
  await markRolledBack(client, name)
  await client.query(
    'INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at) VALUES ($1, $2, $3, now())',
    [randomUUID(), checksumOf(sql), name],
  )
  return true
}

/**
 * Records that a failed migration was rolled back, so that it is run again.
 *
 * @returns whether it had failed
 */
export async function markRolledBack(client: pg.ClientBase, name: string): Promise<boolean> {
  await client.query(createTable)
  const { rowCount } = await client.query(
    `UPDATE _prisma_migrations SET rolled_back_at = now()
     WHERE migration_name = $1 AND finished_at IS NULL AND rolled_back_at IS NULL`,
    [name],
  )
  return Boolean(rowCount)
}

/** Whether the role lacks a privilege, or the server an extension; no SQL of a migration can mend that. */
export function isForbidden(error: unknown): boolean {
  const codes = [codeOf(error), error instanceof Error ? codeOf(error.cause) : '']
  const messages = [error, error instanceof Error ? error.cause : undefined].map((each) => String(each))
  return codes.includes('42501') || messages.some((message) => /extension .* is not available/.test(message))
}

function locate(error: unknown, script: string): Error {
  if (!(error instanceof pg.DatabaseError)) return new Error('The script failed.', { cause: error })
  const before = error.position && script.slice(0, Number(error.position))
  const line = before ? ` (line ${before.split('\n').length})` : ''
  return new Error(`${error.message}${line}`, { cause: error })
}
