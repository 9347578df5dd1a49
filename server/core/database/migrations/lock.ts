import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'

/** The part of a logger that migrations use. */
export interface MigrationLog {
  info(message: string): void
  warn(message: string): void
}

/** The key that Prisma Migrate also locks, so that the two never run at the same time. */
export const migrationLockKey = 72_707_369

const retryMs = 200

/**
 * Runs `work` while the client's session holds the lock on migrations, after waiting for any other holder. PostgreSQL
 * releases the lock when the session ends, so a crash does not block others.
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

// Asks again and again: a statement that waited would have a snapshot, for which the CREATE INDEX CONCURRENTLY of the
// holder waits in turn.
async function lock(client: pg.ClientBase, log: MigrationLog | undefined): Promise<void> {
  for (let isFirst = true; ; isFirst = false) {
    const { rows } = await client.query<{ isLocked: boolean }>('SELECT pg_try_advisory_lock($1) AS "isLocked"', [
      migrationLockKey,
    ])
    if (rows[0]?.isLocked) return
    if (isFirst) log?.info('Another instance is applying migrations. Waiting for it to finish.')
    await sleep(retryMs)
  }
}
