import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'

/** What a counter counts: `points` may be taken from each key in a window of seconds. */
export interface CounterOptions {
  name: string
  points: number
  windowSeconds: number
}

/** The shared place: PostgreSQL or Redis. */
export interface SharedCounters {
  counter(options: CounterOptions): RateLimiterAbstract
  close(): Promise<void>
}

/** Takes one point; gives what is left, refused or not. */
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

/** A counter in this process's memory. */
export function createLocalCounter({ name, points, windowSeconds }: CounterOptions): RateLimiterAbstract {
  return new RateLimiterMemory({ keyPrefix: name, points, duration: windowSeconds })
}
