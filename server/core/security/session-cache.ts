import { LRUCache } from 'lru-cache'
import type { Clock } from '../clock.js'

interface SessionCacheOptions<T> {
  clock: Clock
  /** Reads the state of the session from the database. */
  load(sessionId: string): Promise<T>
}

interface Entry<T> {
  readAt: number
  state: Promise<T>
}

const entriesMax = 10_000
const lifetimeMs = 5_000
// The maximum duration of a transaction: afterwards it has been committed or rolled back.
const distrustMs = 10_000

/**
 * Caches the state of sessions for at most 5 seconds, measured from before the read, so that a revocation on another
 * instance takes effect within that time (OWASP ASVS 7.4.1). Concurrent requests share one read.
 */
export function createSessionCache<T>({ clock, load }: SessionCacheOptions<T>) {
  const entries = new LRUCache<string, Entry<T>>({ max: entriesMax })
  const distrusted = new LRUCache<string, number>({ max: entriesMax })
  const isWithin = (since: number, ms: number) => Math.abs(clock.now().getTime() - since) < ms

  function read(sessionId: string): Promise<T> {
    const entry = { readAt: clock.now().getTime(), state: load(sessionId) }
    entries.set(sessionId, entry)
    entry.state.catch(() => entries.get(sessionId) === entry && entries.delete(sessionId))
    return entry.state
  }

  return {
    async get({ sessionId, userId }: { sessionId: string; userId: string }): Promise<T> {
      const distrustedSince = distrusted.get(userId)
      if (distrustedSince !== undefined && isWithin(distrustedSince, distrustMs)) return load(sessionId)
      const known = entries.get(sessionId)
      if (!known || !isWithin(known.readAt, lifetimeMs)) return read(sessionId)
      const state = await known.state
      // The read may have taken longer than its result is valid.
      return isWithin(known.readAt, lifetimeMs) ? state : read(sessionId)
    },

    /**
     * Call it in the transaction that ends sessions of a user. Until that transaction must be over, the sessions of the
     * user are not cached, so that the end takes effect on this instance at once.
     */
    distrust(userId: string): void {
      distrusted.set(userId, clock.now().getTime())
    },
  }
}
