import type pg from 'pg'

/**
 * The first key of the advisory locks by which workers know each other. A worker holds its own on the connection that
 * waits for notifications, so that PostgreSQL releases it when the process or its machine dies.
 */
const lockClass = 72_707_370

/** Marks a worker as living, for as long as this connection lasts. */
export async function markAsLiving(client: pg.ClientBase, worker: string): Promise<void> {
  await client.query('SELECT pg_try_advisory_lock($1, hashtext($2))', [lockClass, worker])
}

/**
 * Creates the function that finds the dead workers whose jobs are still marked as running. A worker counts as dead if it
 * has held no lock for `graceMs`: a living one may have lost its connection, and connects again within a minute.
 */
export function createDeathWatch(pool: pg.Pool, graceMs: number): () => Promise<string[]> {
  const missingSince = new Map<string, number>()
  return async () => {
    const [missing, now] = [new Set(await findMissing(pool)), performance.now()]
    for (const worker of missingSince.keys()) if (!missing.has(worker)) missingSince.delete(worker)
    for (const worker of missing) if (!missingSince.has(worker)) missingSince.set(worker, now)
    return [...missingSince].filter(([, since]) => now - since >= graceMs).map(([worker]) => worker)
  }
}

/** Returns the jobs of dead workers to the queue at once. The library would wait for four hours. */
export async function returnJobsOf(pool: pg.Pool, workers: readonly string[]): Promise<void> {
  await pool.query('SELECT graphile_worker.force_unlock_workers($1::text[])', [workers])
}

/** The workers that have taken jobs, and hold no lock. */
async function findMissing(pool: pg.Pool): Promise<string[]> {
  const { rows } = await pool.query<{ worker: string }>(
    `SELECT DISTINCT locked_by AS worker FROM graphile_worker.jobs
     WHERE locked_by IS NOT NULL AND NOT EXISTS (
       SELECT FROM pg_locks JOIN pg_database ON pg_database.oid = database
       WHERE datname = current_database() AND locktype = 'advisory' AND classid = $1 AND objid = hashtext(locked_by)::oid
         AND objsubid = 2 AND granted)`,
    [lockClass],
  )
  return rows.map(({ worker }) => worker)
}
