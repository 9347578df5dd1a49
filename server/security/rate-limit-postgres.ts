import pg from 'pg'
import { RateLimiterPostgres } from 'rate-limiter-flexible'
import type { SharedCounters } from './rate-limit-counter.js'

// A pool of its own, so that limits are counted while requests wait for the other one. The times, in milliseconds, free
// its connections; a request gives up earlier.
const poolOptions = {
  max: 4,
  connectionTimeoutMillis: 1_000,
  query_timeout: 1_000,
  statement_timeout: 1_000,
  keepAlive: true,
  idleTimeoutMillis: 300_000,
  allowExitOnIdle: true,
} satisfies pg.PoolConfig

const cleanupEveryMs = 5 * 60_000
const cleanupBatch = 1_000

/** Counters in the table `RateLimit`. Each charge is one upsert, so parallel charges are all counted. */
export function createPostgresCounters(databaseUrl: string): SharedCounters {
  const pool = new pg.Pool({ connectionString: databaseUrl, ...poolOptions })
  // A lost connection is reported by the next charge.
  pool.on('error', () => {})
  const timer = setInterval(() => void removeExpired(pool), cleanupEveryMs).unref()
  return {
    counter: ({ name, points, windowSeconds }) =>
      new RateLimiterPostgres({
        storeClient: pool,
        storeType: 'pool',
        tableName: 'RateLimit',
        tableCreated: true,
        clearExpiredByTimeout: false,
        keyPrefix: name,
        points,
        duration: windowSeconds,
      }),
    async open() {
      await Promise.allSettled(Array.from({ length: poolOptions.max }, () => pool.query('SELECT 1')))
    },
    close: () => {
      clearInterval(timer)
      return pool.end()
    },
  }
}

/** In batches that stay below the statement timeout; what is left over, or fails, waits for the next round. */
async function removeExpired(pool: pg.Pool): Promise<void> {
  const sql = `DELETE FROM "RateLimit" WHERE expire < $1 AND key IN
    (SELECT key FROM "RateLimit" WHERE expire < $1 LIMIT ${cleanupBatch})`
  const removeBatch = async () => (await pool.query(sql, [Date.now()])).rowCount ?? 0
  try {
    while ((await removeBatch()) === cleanupBatch);
  } catch {
    return
  }
}
