import type pg from 'pg'

/** The part of a logger that migrations use. */
export interface MigrationLog {
  info(message: string): void
  warn(message: string): void
}

/** The key that Prisma Migrate locks too, so that neither runs beside the other. */
export const migrationLockKey = 72_707_369

/**
 * Runs `work` while the client's session holds the lock on migrations, after any other holder is done. PostgreSQL
 * frees the lock when that session ends, so a holder that crashes blocks nobody.
 */
export async function withMigrationLock<T>(
  client: pg.ClientBase,
  log: MigrationLog | undefined,
  work: () => Promise<T>,
): Promise<T> {
  await lock(client, log)
  try {
    return await work()
  } finally {
    await client.query('SELECT pg_advisory_unlock($1)', [migrationLockKey])
  }
}

async function lock(client: pg.ClientBase, log: MigrationLog | undefined): Promise<void> {
  const { rows } = await client.query<{ isLocked: boolean }>('SELECT pg_try_advisory_lock($1) AS "isLocked"', [
    migrationLockKey,
  ])
  if (rows[0]?.isLocked) return
  log?.info('Another instance is applying migrations. Waiting for it to finish.')
  await client.query('SET statement_timeout = 0')
  await client.query('SELECT pg_advisory_lock($1)', [migrationLockKey])
}
