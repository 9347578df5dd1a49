import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createCutProxy } from '../../testing/cut-proxy.js'
import {
  countWaits,
  isRedisThere,
  openLimits,
  openPostgresStore,
  openRedisStore,
  type SharedStore,
} from '../../testing/rate-limit-stores.js'
import { AppError } from '../errors.js'
import { storeDeadlineMs } from './rate-limit-store.js'
import { type LimitRule, limitKey, type RateLimits } from './rate-limits.js'

const origin = { requestId: 'r', ip: '2001:db8::1', userAgent: '' }
const hasRedis = await isRedisThere()

const stores = [
  { name: 'PostgreSQL', isThere: true, open: openPostgresStore },
  { name: hasRedis ? 'Redis' : 'Redis (none answers at 127.0.0.1:6379)', isThere: hasRedis, open: openRedisStore },
]

for (const { name, isThere, open } of stores) {
  describe.skipIf(!isThere)(`limits counted in ${name}`, () => {
    let store: SharedStore
    let limits: ReturnType<typeof openLimits>
    let otherInstance: ReturnType<typeof openLimits>

    beforeAll(async () => {
      store = await open()
      limits = openLimits(store)
      otherInstance = openLimits(store)
    })

    afterAll(async () => {
      await limits.close()
      await otherInstance.close()
      await store.drop()
    })

    it('S9: allows exactly the limit out of 50 concurrent charges on two instances', async () => {
      const rule = ruleOf({ points: 10 })
      const outcomes = await chargeAll([limits, otherInstance], rule, 50)
      expect(outcomes.filter((outcome) => outcome === 'allowed')).toHaveLength(10)
      expect(outcomes.filter((outcome) => outcome === 'RATE_LIMITED')).toHaveLength(40)
    })

    it('S11: returns how many whole seconds are left to wait', async () => {
      const rule = ruleOf({ points: 1, windowSeconds: 60 })
      await limits.charge(rule, 'key')
      const error = await Promise.resolve(limits.charge(rule, 'key')).catch((thrown: AppError) => thrown)
      expect(error).toMatchObject({ code: 'RATE_LIMITED', retryAfterSeconds: 60 })
    })

    it('counts only for the application of one database', async () => {
      const neighbour = await open()
      const limitsOfNeighbour = openLimits(neighbour)
      const rule = ruleOf({ points: 3 })
      await limits.charge(rule, 'key')
      expect((await limitsOfNeighbour.charge(rule, 'key')).remaining).toBe(2)
      await limitsOfNeighbour.close()
      await neighbour.drop()
    })

    it('returns what is left, and counts each key separately', async () => {
      const rule = ruleOf({ points: 3, windowSeconds: 60 })
      const report = { name: rule.name, limit: 3, resetSeconds: 60 }
      expect(await limits.charge(rule, 'one')).toEqual({ ...report, remaining: 2 })
      expect(await limits.charge(rule, 'one')).toEqual({ ...report, remaining: 1 })
      expect(await limits.charge(rule, 'two')).toEqual({ ...report, remaining: 2 })
    })

    it('S58: rejects an exhausted key without querying the store again, with the remaining time', async () => {
      const rule = ruleOf({ points: 2, windowSeconds: 60 })
      for (let calls = 0; calls < 50; calls += 1) await call(limits, rule).catch(() => {})
      expect(await consumed(rule)).toBe(3)
      const { code, retryAfterSeconds } = await errorOf(call(limits, rule))
      expect(code).toBe('RATE_LIMITED')
      expect(retryAfterSeconds).toBeGreaterThan(30)
      expect(retryAfterSeconds).toBeLessThanOrEqual(60)
    })

    it('S58: rejects no other key, no other rule and no key that only another instance saw rejected', async () => {
      const rule = ruleOf({ points: 1 })
      for (let calls = 0; calls < 2; calls += 1) await call(limits, rule).catch(() => {})
      limits.refuseExhausted(rule, 'another key')
      limits.refuseExhausted(ruleOf({ points: 1 }), 'key')
      otherInstance.refuseExhausted(rule, 'key')
      expect((await errorOf(call(otherInstance, rule))).code).toBe('RATE_LIMITED')
      expect(() => otherInstance.refuseExhausted(rule, 'key')).toThrow('Too many requests')
    })

    it('S58: lets one of many calls query the store after ten seconds, in case the counter was reset', async () => {
      vi.useFakeTimers({ toFake: ['performance'] })
      try {
        const rule = ruleOf({ points: 5 })
        const callMany = () => Promise.allSettled(Array.from({ length: 20 }, () => call(limits, rule)))
        for (let calls = 0; calls < 6; calls += 1) await call(limits, rule).catch(() => {})
        vi.advanceTimersByTime(10_001)
        await callMany()
        expect(await consumed(rule)).toBe(7)
        await limits.store.counter(rule).shared.delete('key')
        await callMany()
        expect(await consumed(rule)).toBeUndefined()
        vi.advanceTimersByTime(10_001)
        await callMany()
        expect(await consumed(rule)).toBe(1)
        await expect(call(limits, rule)).resolves.toMatchObject({ remaining: 3 })
      } finally {
        vi.useRealTimers()
      }
    })

    it('S58: has at most as many concurrent charges of a key as its limit', async () => {
      const rule = ruleOf({ points: 4 })
      const outcomes = await chargeAll([limits], rule, 500)
      expect(outcomes.filter((outcome) => outcome === 'allowed')).toHaveLength(4)
      expect(await consumed(rule)).toBe(4)
    })

    /** The points that the store has counted. */
    async function consumed(rule: LimitRule): Promise<number | undefined> {
      return (await limits.store.counter(rule).shared.get('key'))?.consumedPoints
    }

    it('accepts calls again after the window', async () => {
      const rule = ruleOf({ points: 1, windowSeconds: 1 })
      await limits.charge(rule, 'key')
      await expect(limits.charge(rule, 'key')).rejects.toMatchObject({ code: 'RATE_LIMITED' })
      await new Promise((resolve) => setTimeout(resolve, 1_100))
      await expect(limits.charge(rule, 'key')).resolves.toMatchObject({ remaining: 0 })
    })
  })

  describe.skipIf(!isThere)(`limits when ${name} is away`, () => {
    /** Creates limits with a store behind a proxy that can be disconnected. */
    async function withCutStore(
      work: (limits: ReturnType<typeof openLimits>, proxy: Awaited<ReturnType<typeof createCutProxy>>) => Promise<void>,
    ): Promise<void> {
      const store = await open()
      const proxy = await createCutProxy(store.redisUrl ?? store.databaseUrl)
      const limits = openLimits(
        store.redisUrl ? { ...store, redisUrl: proxy.url } : { ...store, databaseUrl: proxy.url },
        storeDeadlineMs,
      )
      try {
        await work(limits, proxy)
      } finally {
        await limits.close()
        await proxy.close()
        await store.drop()
      }
    }

    it.each(['refused', 'stalled'] as const)(
      'S9: apply at half of the points and respond within a second: connections %s',
      async (how) => {
        await withCutStore(async (limits, proxy) => {
          const rule = ruleOf({ points: 10 })
          await limits.charge(rule, 'before')
          proxy.cut(how)
          const [outcomes, waits] = await countWaits(chargeAll([limits], rule, 30))
          expect(waits).toBeLessThan(2)
          expect(outcomes.filter((outcome) => outcome === 'allowed')).toHaveLength(5)
        })
      },
    )

    it('S9: allow no additional attempts when the store becomes unavailable', async () => {
      await withCutStore(async (limits, proxy) => {
        const rule = ruleOf({ points: 10 })
        const outcomes = await chargeAll([limits], rule, 7)
        proxy.cut('refused')
        outcomes.push(...(await chargeAll([limits], rule, 20)))
        expect(outcomes.filter((outcome) => outcome === 'allowed')).toHaveLength(7)
      })
    })

    it('S9: use the store again soon after it is available', async () => {
      await withCutStore(async (limits, proxy) => {
        const rule = ruleOf({ points: 10 })
        await limits.charge(rule, 'before')
        proxy.cut('refused')
        expect((await limits.charge(rule, 'key')).remaining).toBe(4)
        proxy.restore()
        await expect
          .poll(async () => (await limits.charge(ruleOf({ points: 10 }), 'key')).remaining, { timeout: 8_000 })
          .toBe(9)
      })
    })
  })
}

describe('limits without any store', () => {
  it('S9: apply from the first charge on', async () => {
    const limits = openLimits({ databaseUrl: 'postgresql://nobody@127.0.0.1:1/none', redisUrl: undefined })
    const outcomes = await chargeAll([limits], ruleOf({ points: 1 }), 5)
    expect(outcomes.filter((outcome) => outcome === 'allowed')).toHaveLength(1)
    await limits.close()
  })

  it('apply local rules in full', async () => {
    const limits = openLimits({ databaseUrl: 'postgresql://nobody@127.0.0.1:1/none', redisUrl: undefined })
    const outcomes = await chargeAll([limits], ruleOf({ points: 4, store: 'local' }), 9)
    expect(outcomes.filter((outcome) => outcome === 'allowed')).toHaveLength(4)
    await limits.close()
  })
})

describe('limitKey', () => {
  const actor = { userId: randomUUID(), role: 'user', sessionId: randomUUID(), origin } as const

  it('S10: counts by the network of the address', () => {
    expect(limitKey(ruleOf({ by: 'address' }), { actor, origin })).toBe('address:2001:db8::/64')
  })

  it('counts by user, and anonymous calls by address', () => {
    expect(limitKey(ruleOf({ by: 'actor' }), { actor, origin })).toBe(`user:${actor.userId}`)
    expect(limitKey(ruleOf({ by: 'actor' }), { actor: null, origin })).toBe('address:2001:db8::/64')
  })
})

function ruleOf(overrides: Partial<LimitRule>): LimitRule {
  return { name: `test-${randomUUID()}`, by: 'address', points: 10, windowSeconds: 60, ...overrides }
}

/** Charges as procedures do. */
async function call(limits: RateLimits, rule: LimitRule) {
  limits.refuseExhausted(rule, 'key')
  return limits.charge(rule, 'key')
}

function errorOf(charge: Promise<unknown>): Promise<AppError> {
  return charge.then(
    () => expect.fail('it was allowed'),
    (error: AppError) => error,
  )
}

/** Distributes concurrent charges over the instances. */
function chargeAll(instances: readonly RateLimits[], rule: LimitRule, count: number): Promise<string[]> {
  const charge = async (limits: RateLimits) => {
    try {
      await limits.charge(rule, 'key')
      return 'allowed'
    } catch (error) {
      return error instanceof AppError ? error.code : String(error)
    }
  }
  return Promise.all(Array.from({ length: count / instances.length }, () => instances.map(charge)).flat())
}
