import { Redis } from 'ioredis'
import { RateLimiterRedis } from 'rate-limiter-flexible'
import type { SharedCounters } from './rate-limit-counter.js'

/**
 * Counters in Redis, below `plinth:` and the name of the database, so that several Plinths can share one Redis. Each
 * charge is one script, so parallel charges are all counted.
 */
export function createRedisCounters(url: string, databaseUrl: string): SharedCounters {
  const prefix = `plinth:${new URL(databaseUrl).pathname.slice(1)}:limits`
  const redis = new Redis(url, {
    connectTimeout: 1_000,
    commandTimeout: 1_000,
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt) => Math.min(100 * attempt, 2_000),
  })
  // A lost connection is reported by the next charge, and made again in the background.
  redis.on('error', () => {})
  return {
    counter: ({ name, points, windowSeconds }) =>
      new RateLimiterRedis({
        storeClient: redis,
        keyPrefix: `${prefix}:${name}`,
        points,
        duration: windowSeconds,
      }),
    close: async () => redis.disconnect(),
  }
}
