import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import { pino } from 'pino'
import { inject } from 'vitest'
import { ConnectionPool } from '../core/database/pool.js'
import { createRateLimits } from '../core/security/rate-limits.js'
import { createTestDatabase } from './test-database.js'

export const silentLog = pino({ level: 'silent' })

const redisUrl = inject('redisUrl') || 'redis://127.0.0.1:6379/9'

/** A store that several instances share: what `createRateLimits` takes to reach it, and its end. */
export interface SharedStore {
  databaseUrl: string
  redisUrl: string | undefined
  drop(): Promise<void>
}

/** A database of its own for the counters. */
export async function openPostgresStore(): Promise<SharedStore> {
  const database = await createTestDatabase()
  return { databaseUrl: database.url, redisUrl: undefined, drop: () => database.drop() }
}

/** REDIS_URL, or the Redis of this machine, with counters of its own. */
export async function openRedisStore(): Promise<SharedStore> {
  return { databaseUrl: `postgresql://nobody@127.0.0.1:1/${randomUUID()}`, redisUrl, drop: async () => {} }
}

/** Whether a Redis answers here; the suite does without it. */
export async function isRedisThere(): Promise<boolean> {
  const redis = new Redis(redisUrl, { lazyConnect: true, retryStrategy: () => null, connectTimeout: 500 })
  redis.on('error', () => {})
  try {
    await redis.connect()
    return (await redis.ping()) === 'PONG'
  } catch {
    return false
  } finally {
    redis.disconnect()
  }
}

/** One instance's limits on a shared store. */
export function openLimits({ databaseUrl, redisUrl }: Pick<SharedStore, 'databaseUrl' | 'redisUrl'>) {
  const pool = new ConnectionPool({ url: databaseUrl, max: 12, log: silentLog })
  const limits = createRateLimits({
    pool,
    redis: redisUrl === undefined ? undefined : { url: redisUrl, prefix: databaseUrl },
    log: silentLog,
  })
  const close = async () => {
    await limits.close()
    await pool.end()
  }
  return { ...limits, close }
}
