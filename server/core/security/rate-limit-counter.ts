import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'

/** A rule: each key has `points` in a window of seconds. */
export interface CounterOptions {
  name: string
  points: number
  windowSeconds: number
}

/** A shared store: PostgreSQL or Redis. */
export interface SharedCounters {
  counter(options: CounterOptions): RateLimiterAbstract
  /** Deletes the counters whose window has passed, if the store does not do so itself. */
  removeExpired(): Promise<void>
  close(): Promise<void>
}

/** Takes one point and returns what is left, even if none was. */
export async function takePoint(
  counter: RateLimiterAbstract,
  key: string,
  windowSeconds?: number,
): Promise<{ isRefused: boolean; state: RateLimiterRes }> {
  const options = windowSeconds === undefined ? {} : { customDuration: windowSeconds }
  try {
    return { isRefused: false, state: await counter.consume(key, 1, options) }
  } catch (thrown) {
    if (thrown instanceof RateLimiterRes) return { isRefused: true, state: thrown }
    throw thrown
  }
}

/** A counter in the memory of this process. */
export function createLocalCounter({ name, points, windowSeconds }: CounterOptions): RateLimiterAbstract {
  return new RateLimiterMemory({ keyPrefix: name, points, duration: windowSeconds })
}
