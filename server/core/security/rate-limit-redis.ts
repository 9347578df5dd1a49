import { Redis } from 'ioredis'
import { RateLimiterRedis } from 'rate-limiter-flexible'
import type { SharedCounters } from './rate-limit-counter.js'

export interface RedisOptions {
  url: string
  /** Begins the name of each key: applications, and databases of one application, may share one Redis. */
  prefix: string
}

/**
 * Counters in Redis, below `prefix`. Each
 * charge is one script, so parallel charges are all counted.
 */
export function createRedisCounters({ url, prefix }: RedisOptions): SharedCounters {
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
