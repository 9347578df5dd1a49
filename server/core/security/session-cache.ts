import { LRUCache } from 'lru-cache'
import type { Clock } from '../clock.js'

interface SessionCacheOptions<T> {
  clock: Clock
  /** Reads the session's state from the database. */
  load(sessionId: string): Promise<T>
}

interface Entry<T> {
  readAt: number
  state: Promise<T>
}

const entriesMax = 10_000
const lifetimeMs = 5_000
// A transaction lasts at most this long, so what was decided in one is committed or undone by then.
const distrustMs = 10_000

/**
 * Remembers the state of sessions for at most 5 seconds, counted from before the read, so that a revocation elsewhere
 * takes effect within that time (OWASP ASVS 7.4.1). Requests that come together share one read.
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
      // The read may have hung for longer than its answer counts.
      return isWithin(known.readAt, lifetimeMs) ? state : read(sessionId)
    },

    /**
     * Called when sessions of a user end, in the transaction that ends them: until that is surely over, the user's
     * sessions are read anew each time, so that the end takes effect here as soon as it is committed.
     */
    distrust(userId: string): void {
      distrusted.set(userId, clock.now().getTime())
    },
  }
}
