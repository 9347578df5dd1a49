import { createRequire } from 'node:module'
import type * as ioredis from 'ioredis'
import { RateLimiterRedis } from 'rate-limiter-flexible'
import type { SharedCounters } from './rate-limit-counter.js'

export interface RedisOptions {
  url: string
  /** The prefix of each key, because several applications or databases may share one Redis. */
  prefix: string
}

/** Counters in Redis, below `prefix`. Each charge is one script, so concurrent charges are all counted. */
export function createRedisCounters({ url, prefix }: RedisOptions): SharedCounters {
  // Loaded only where it is used: it takes a tenth of the time in which a server starts.
  const { Redis }: typeof ioredis = createRequire(import.meta.url)('ioredis')
  const redis = new Redis(url, {
    connectTimeout: 1_000,
    commandTimeout: 1_000,
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt) => Math.min(100 * attempt, 2_000),
  })
  // The next charge reports a lost connection; the client reconnects in the background.
  redis.on('error', () => {})
  // The connection does not keep a program running that has nothing else to do.
  redis.on('connect', () => redis.stream.unref())
  return {
    counter: ({ name, points, windowSeconds }) =>
      new RateLimiterRedis({
        storeClient: redis,
        keyPrefix: `${prefix}:${name}`,
        points,
        duration: windowSeconds,
      }),
    removeExpired: async () => {},
    close: async () => redis.disconnect(),
  }
}
