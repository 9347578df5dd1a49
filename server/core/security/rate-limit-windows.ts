import { LRUCache } from 'lru-cache'

// About 10 MB. A client with that many addresses could only restart its own windows.
const keysMax = 50_000

/** The windows of a limit that one process counts for itself: each key has one, from its first point on. */
export function createWindows({ windowSeconds }: { windowSeconds: number }) {
  const windows = new LRUCache<string, { end: number; used: number }>({ max: keysMax })
  return {
    /** Takes one point. @returns the points that were taken in this window, and when it ends */
    take(key: string): { used: number; msBeforeNext: number } {
      const now = performance.now()
      let window = windows.get(key)
      if (!window || now >= window.end) {
        window = { end: now + windowSeconds * 1000, used: 0 }
        windows.set(key, window)
      }
      window.used += 1
      return { used: window.used, msBeforeNext: window.end - now }
    },
  }
}
