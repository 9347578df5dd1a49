import { randomUUID } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { pino } from 'pino'
import { inject } from 'vitest'
import { ConnectionPool } from '../core/database/pool.js'
import { storeDeadlineMs } from '../core/security/rate-limit-store.js'
import { createRateLimits } from '../core/security/rate-limits.js'
import { createTestDatabase } from './test-database.js'

export const silentLog = pino({ level: 'silent' })

const redisUrl = inject('redisUrl') || 'redis://127.0.0.1:6379/9'

/** A store for several instances: the options of `createRateLimits`, and a function that deletes it. */
export interface SharedStore {
  databaseUrl: string
  redisUrl: string | undefined
  drop(): Promise<void>
}

/** A separate database for the counters. */
export async function openPostgresStore(): Promise<SharedStore> {
  const database = await createTestDatabase()
  return { databaseUrl: database.url, redisUrl: undefined, drop: () => database.drop() }
}

/** REDIS_URL, or the Redis of this machine, with a separate prefix. */
export async function openRedisStore(): Promise<SharedStore> {
  return { databaseUrl: `postgresql://nobody@127.0.0.1:1/${randomUUID()}`, redisUrl, drop: async () => {} }
}

/** Whether Redis is available; the tests also run without it. */
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

/** Long enough for the store on a busy machine, because the tests check its counts. */
export const patientDeadlineMs = 30_000

/** Returns a result, and how many deadlines of the store passed before it. */
export async function countWaits<T>(answer: Promise<T>): Promise<[T, number]> {
  const startedAt = performance.now()
  const deadline = setTimeout(storeDeadlineMs).then(() => performance.now() - startedAt)
  const value = await answer
  const elapsed = performance.now() - startedAt
  // A busy machine delays both.
  return [value, elapsed / (await deadline)]
}

/** The limits of one instance with a shared store. */
export function openLimits(
  { databaseUrl, redisUrl }: Pick<SharedStore, 'databaseUrl' | 'redisUrl'>,
  deadlineMs = patientDeadlineMs,
) {
  const pool = new ConnectionPool({ url: databaseUrl, max: 12, log: silentLog })
  const limits = createRateLimits({
    pool,
    redis: redisUrl === undefined ? undefined : { url: redisUrl, prefix: databaseUrl },
    log: silentLog,
    deadlineMs,
  })
  const close = async () => {
    await limits.close()
    await pool.end()
  }
  return { ...limits, close }
}
