import type { RateLimiterAbstract } from 'rate-limiter-flexible'
import type { ConnectionPool } from '../database/pool.js'
import type { Logger } from '../logger.js'
import { withinTime } from '../time-limit.js'
import { type CounterOptions, createLocalCounter } from './rate-limit-counter.js'
import { createPostgresCounters } from './rate-limit-postgres.js'
import { createRedisCounters, type RedisOptions } from './rate-limit-redis.js'

/** A shared counter, and a stricter local one that replaces it while the store is unavailable. */
export interface Counter {
  shared: RateLimiterAbstract
  local: RateLimiterAbstract
}

export type RateLimitStore = ReturnType<typeof createRateLimitStore>

/** How work gets a counter: the store chooses the shared or the local one. */
export type PickCounter = (counter: Counter) => RateLimiterAbstract

interface StoreOptions {
  pool: ConnectionPool
  redis?: RedisOptions | undefined
  log: Logger
  /** How long a charge waits for the store, in milliseconds; {@link storeDeadlineMs} by default. */
  deadlineMs?: number | undefined
}

/** A call charges at most twice (address and account), so it waits less than a second in total. */
export const storeDeadlineMs = 450

const retryAfterMs = 2_000

/**
 * Opens the counters that all instances share, in Redis if it is configured, otherwise in PostgreSQL. If the store
 * fails or is slow, local counters with half the points decide, and the store is tried again every two seconds.
 */
export function createRateLimitStore(options: StoreOptions) {
  const { pool, redis, log, deadlineMs = storeDeadlineMs } = options
  const shared = redis ? createRedisCounters(redis) : createPostgresCounters(pool)
  const breaker = createBreaker(log)
  const late = () => new Error(`The rate limit store did not respond within ${deadlineMs} ms.`)
  return {
    counter: (counter: CounterOptions): Counter => ({
      shared: shared.counter(counter),
      local: createLocalCounter({ ...counter, points: Math.max(1, Math.floor(counter.points / 2)) }),
    }),

    /**
     * Runs work on the local and on the shared counters, and returns the result of the shared ones, or of the local
     * ones if those fail. The local ones count every charge, so a failing store allows no additional attempts. The work
     * must return rejections and not throw them.
     */
    async run<T>(work: (pick: PickCounter) => Promise<T>): Promise<T> {
      const local = await work(pickLocal)
      if (!breaker.allows()) return local
      try {
        const result = await withinTime(deadlineMs, work(pickShared), late)
        breaker.close()
        return result
      } catch (error) {
        breaker.open(error)
        return local
      }
    },

    removeExpired: () => shared.removeExpired(),
    close: () => shared.close(),
  }
}

const pickShared: PickCounter = ({ shared }) => shared
const pickLocal: PickCounter = ({ local }) => local

/** Remembers that the store is unavailable, so that only one call every two seconds waits for it. */
function createBreaker(log: Logger) {
  let retryAt = 0
  let isOpen = false
  return {
    allows(): boolean {
      if (!isOpen) return true
      if (performance.now() < retryAt) return false
      retryAt = performance.now() + retryAfterMs
      return true
    },
    open(err: unknown): void {
      if (!isOpen) log.warn({ err }, 'the rate limit store is unavailable; stricter local limits apply')
      isOpen = true
      retryAt = performance.now() + retryAfterMs
    },
    close(): void {
      if (isOpen) log.info('the rate limit store is available again')
      isOpen = false
    },
  }
}
