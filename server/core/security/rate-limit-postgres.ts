import { RateLimiterPostgres } from 'rate-limiter-flexible'
import { runAgain } from '../database/errors.js'
import { borrowAs, type ConnectionPool } from '../database/pool.js'
import type { SharedCounters } from './rate-limit-counter.js'

const cleanupBatch = 1_000

/**
 * Counters in the table `RateLimit`. Each charge is one upsert, so concurrent charges are all counted. Limits have
 * connections that waiting requests cannot take.
 */
export function createPostgresCounters(pool: ConnectionPool): SharedCounters {
  const query = (sql: Statement) => borrowAs({ purpose: 'limit' }, () => runAgain(() => pool.send(sql)))
  return {
    counter: ({ name, points, windowSeconds }) =>
      new RateLimiterPostgres({
        storeClient: { query },
        storeType: 'pool',
        tableName: 'RateLimit',
        tableCreated: true,
        clearExpiredByTimeout: false,
        keyPrefix: name,
        points,
        duration: windowSeconds,
      }),
    removeExpired: () => removeExpired(query),
    close: async () => {},
  }
}

interface Statement {
  name?: string
  text: string
  values: unknown[]
}

type Query = (sql: Statement) => Promise<{ rowCount: number | null }>

/** In batches that stay below the statement timeout. */
async function removeExpired(query: Query): Promise<void> {
  const text = `DELETE FROM "RateLimit" WHERE expire < $1 AND key IN
    (SELECT key FROM "RateLimit" WHERE expire < $1 LIMIT ${cleanupBatch})`
  const removeBatch = async () => (await query({ text, values: [Date.now()] })).rowCount ?? 0
  while ((await removeBatch()) === cleanupBatch);
}
