import { describe, expect, it } from 'vitest'
import { createFakeClock } from '../../testing/fake-clock.js'
import { createSessionCache } from './session-cache.js'

const session = { sessionId: 's', userId: 'u' }

function stage() {
  const clock = createFakeClock()
  const reads: ((state: string) => void)[] = []
  const cache = createSessionCache({ clock, load: () => new Promise<string>((resolve) => reads.push(resolve)) })
  return { clock, reads, cache }
}

describe('the session cache', () => {
  it('shares one read between concurrent requests, and remembers it', async () => {
    const { cache, reads } = stage()
    const both = Promise.all([cache.get(session), cache.get(session)])
    reads[0]?.('alive')
    expect(await both).toEqual(['alive', 'alive'])
    expect(await cache.get(session)).toBe('alive')
    expect(reads).toHaveLength(1)
  })

  it('S20: uses a state for 5 seconds, measured from before it was read', async () => {
    const { cache, clock, reads } = stage()
    const first = cache.get(session)
    clock.advance(4)
    reads[0]?.('alive')
    await first
    expect(await cache.get(session)).toBe('alive')
    clock.advance(1)
    const second = cache.get(session)
    reads[1]?.('ended')
    expect(await second).toBe('ended')
  })

  it('S20: returns no state older than 5 seconds to requests that join a slow read', async () => {
    const { cache, clock, reads } = stage()
    const first = cache.get(session)
    const joined = cache.get(session)
    clock.advance(6)
    reads[0]?.('alive')
    await first
    reads[1]?.('ended')
    expect(await joined).toBe('ended')
  })

  it('S20: reads again for a user whose sessions are ending on this instance, and stores nothing meanwhile', async () => {
    const { cache, clock, reads } = stage()
    const before = cache.get(session)
    reads[0]?.('alive')
    await before
    cache.distrust('u')
    const during = cache.get(session)
    reads[1]?.('alive')
    await during
    const after = cache.get(session)
    reads[2]?.('ended')
    expect(await after).toBe('ended')
    clock.advance(10)
    const later = cache.get(session)
    reads[3]?.('ended')
    expect(await later).toBe('ended')
  })

  it('does not store a failed read', async () => {
    let isAway = true
    const load = async () => {
      if (isAway) throw new Error('away')
      return 'alive'
    }
    const cache = createSessionCache({ clock: createFakeClock(), load })
    await expect(cache.get(session)).rejects.toThrow('away')
    isAway = false
    expect(await cache.get(session)).toBe('alive')
  })
})
