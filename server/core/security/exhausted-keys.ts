import { LRUCache } from 'lru-cache'
import { type AppError, RateLimitedError } from '../errors.js'

const rememberedMax = 10_000
const trustedMs = 10_000

/**
 * Remembers keys that a counter has rejected, so that many calls with such a key do not query the store. Every ten
 * seconds one call may query it again, in case the counter was reset.
 */
export function createExhaustedKeys() {
  const refused = new LRUCache<string, { end: number; trustedUntil: number }>({ max: rememberedMax })
  return {
    /**
     * @param ms how long the key stays rejected
     * @returns the error for the caller
     */
    add(key: string, ms: number): AppError {
      const now = performance.now()
      refused.set(key, { end: now + ms, trustedUntil: now + trustedMs })
      return rateLimited(ms)
    },

    /** Forgets a key after the store has accepted it. */
    forget: (key: string): boolean => refused.delete(key),

    /** @throws RateLimitedError with `retryAfterSeconds` if the key was rejected recently */
    refuse(key: string): void {
      const now = performance.now()
      const known = refused.get(key)
      if (!known || now >= known.end) return
      if (now < known.trustedUntil) throw rateLimited(known.end - now)
      known.trustedUntil = now + trustedMs
    },
  }
}

/** @param ms after which a call with the key may query the store again */
export function rateLimited(ms: number): AppError {
  return new RateLimitedError({ retryAfterSeconds: Math.max(1, Math.ceil(ms / 1000)) })
}
