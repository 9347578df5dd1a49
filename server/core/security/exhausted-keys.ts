import { LRUCache } from 'lru-cache'
import { type AppError, RateLimitedError } from '../errors.js'

const rememberedMax = 10_000
const trustedMs = 10_000

/**
 * Remembers keys that a counter refused, so that a flood of them asks no store. Every ten seconds one caller is let
 * through to ask again, in case the counter was emptied meanwhile.
 */
export function createExhaustedKeys() {
  const refused = new LRUCache<string, { end: number; trustedUntil: number }>({ max: rememberedMax })
  return {
    /**
     * @param ms how long the key stays refused
     * @returns the refusal
     */
    add(key: string, ms: number): AppError {
      const now = performance.now()
      refused.set(key, { end: now + ms, trustedUntil: now + trustedMs })
      return rateLimited(ms)
    },

    /** For a key that was let in. */
    forget: (key: string): boolean => refused.delete(key),

    /** @throws RateLimitedError with `retryAfterSeconds` for a key that was refused of late */
    refuse(key: string): void {
      const now = performance.now()
      const known = refused.get(key)
      if (!known || now >= known.end) return
      if (now < known.trustedUntil) throw rateLimited(known.end - now)
      known.trustedUntil = now + trustedMs
    },
  }
}

/** @param ms after which the key is let in again */
export function rateLimited(ms: number): AppError {
  return new RateLimitedError({ retryAfterSeconds: Math.max(1, Math.ceil(ms / 1000)) })
}
