import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCutProxy } from '../../testing/cut-proxy.js'
import {
  countWaits,
  isRedisThere,
  openLimits,
  openPostgresStore,
  openRedisStore,
  type SharedStore,
  silentLog,
} from '../../testing/rate-limit-stores.js'
import type { AppError } from '../errors.js'
import { createLoginThrottle, type LoginThrottle } from './login-throttle.js'
import { storeDeadlineMs } from './rate-limit-store.js'

const hasRedis = await isRedisThere()

const stores = [
  { name: 'PostgreSQL', isThere: true, open: openPostgresStore },
  { name: hasRedis ? 'Redis' : 'Redis (none answers at 127.0.0.1:6379)', isThere: hasRedis, open: openRedisStore },
]

for (const { name, isThere, open } of stores) {
  describe.skipIf(!isThere)(`the login throttle on ${name}`, () => {
    let store: SharedStore
    let instance: ReturnType<typeof openThrottle>
    let otherInstance: ReturnType<typeof openThrottle>
    let throttle: LoginThrottle
    let other: LoginThrottle

    beforeAll(async () => {
      store = await open()
      instance = openThrottle(store)
      otherInstance = openThrottle(store)
      throttle = instance.throttle
      other = otherInstance.throttle
    })

    afterAll(async () => {
      await instance.limits.close()
      await otherInstance.limits.close()
      await store.drop()
    })

    it('S9: lets exactly 10 of 50 guesses at once through, on two instances', async () => {
      const outcomes = await attemptAll([throttle, other], someEmail(), 50)
      expect(outcomes.filter((outcome) => outcome === 0)).toHaveLength(10)
    })

    it('S8: refuses the 11th try with a wait of a minute, however the address is spelled', async () => {
      const email = someEmail()
      for (let tries = 0; tries < 10; tries++) await throttle.attempt(email)
      await expect(other.attempt(` ${email.toUpperCase()}`)).rejects.toMatchObject({
        code: 'RATE_LIMITED',
        retryAfterSeconds: 60,
      })
    })

    it('S8: counts accounts apart', async () => {
      await attemptAll([throttle], someEmail(), 12)
      await expect(throttle.attempt(someEmail())).resolves.toBeUndefined()
    })

    it('forgets the tries when the password was right, on all instances', async () => {
      const email = someEmail()
      for (let tries = 0; tries < 10; tries++) await throttle.attempt(email)
      await other.succeeded(email)
      const outcomes = await attemptAll([throttle, other], email, 20)
      expect(outcomes.filter((outcome) => outcome === 0)).toHaveLength(10)
    })

    it('S8: frees a throttled account at once when its owner resets the password', async () => {
      const email = someEmail()
      await attemptAll([throttle], email, 12)
      await throttle.clear(email)
      await expect(throttle.attempt(email)).resolves.toBeUndefined()
    })

    it('S8, S81: strangers cannot use up the tries of a network or a browser that has signed in before', async () => {
      const email = someEmail()
      const home = { ip: '192.0.2.10' }
      const browser = { ip: '203.0.113.77', device: randomUUID() }
      await throttle.succeeded(email, home)
      await other.succeeded(email, { ...browser, ip: '198.51.100.1' })
      const strangers = Array.from({ length: 30 }, (_, index) => ({ ip: `203.0.113.${index}`, device: randomUUID() }))
      await Promise.allSettled(strangers.map((stranger) => throttle.attempt(email, stranger)))
      await expect(throttle.attempt(email, { ip: '203.0.113.99' })).rejects.toMatchObject({ code: 'RATE_LIMITED' })
      for (const known of [home, browser]) await expect(other.attempt(email, known)).resolves.toBeUndefined()
    })

    it('S9, S81: a known network has exactly ten tries of its own', async () => {
      const [email, home] = [someEmail(), { ip: '192.0.2.20' }]
      await throttle.succeeded(email, home)
      const tries = Array.from({ length: 30 }, (_, index) => (index % 2 ? throttle : other).attempt(email, home))
      const outcomes = await Promise.allSettled(tries)
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(10)
      await expect(throttle.attempt(email, { ip: '192.0.2.21' })).resolves.toBeUndefined()
    })

    it('S81: a mark that no login has left counts for nothing, nor does that of another account', async () => {
      const [email, browser] = [someEmail(), { device: randomUUID() }]
      await throttle.succeeded(someEmail(), browser)
      for (let tries = 0; tries < 10; tries++) await throttle.attempt(email, { device: randomUUID() })
      await expect(throttle.attempt(email, browser)).rejects.toMatchObject({ code: 'RATE_LIMITED' })
    })

    it('S81: who resets the password is known where they did it, however many tries strangers go on with', async () => {
      const [email, somewhere] = [someEmail(), { ip: '192.0.2.30' }]
      await throttle.clear(email, somewhere)
      await Promise.allSettled(Array.from({ length: 20 }, () => throttle.attempt(email, { ip: '203.0.113.5' })))
      await expect(throttle.attempt(email, somewhere)).resolves.toBeUndefined()
    })

    it('S9: holds at five tries, within a second, when the store is away', async () => {
      const proxy = await createCutProxy(store.redisUrl ?? store.databaseUrl)
      const { limits, throttle } = openThrottle(
        store.redisUrl ? { ...store, redisUrl: proxy.url } : { ...store, databaseUrl: proxy.url },
        storeDeadlineMs,
      )
      await throttle.attempt(someEmail())
      proxy.cut('stalled')
      const [outcomes, waits] = await countWaits(attemptAll([throttle], someEmail(), 30))
      expect(waits).toBeLessThan(2)
      expect(outcomes.filter((outcome) => outcome === 0)).toHaveLength(5)
      await limits.close()
      await proxy.close()
    })
  })
}

describe('the waits of the login throttle', () => {
  let store: SharedStore
  let database: pg.Client
  let instance: ReturnType<typeof openThrottle>

  beforeAll(async () => {
    store = await openPostgresStore()
    database = new pg.Client({ connectionString: store.databaseUrl })
    await database.connect()
    instance = openThrottle(store)
  })

  afterAll(async () => {
    await database.end()
    await instance.limits.close()
    await store.drop()
  })

  it('S8: grow to 15 minutes, and let one try of many through after each', async () => {
    const email = someEmail()
    await attemptAll([instance.throttle], email, 10)
    for (const expected of [60, 120, 240, 480]) {
      expect(await attemptAll([instance.throttle], email, 1)).toEqual([expected])
      await passTime(expected)
      const outcomes = await attemptAll([instance.throttle], email, 8)
      expect(outcomes.filter((outcome) => outcome === 0)).toHaveLength(1)
    }
    expect(await attemptAll([instance.throttle], email, 1)).toEqual([900])
  })

  it('S8: end: after 15 quiet minutes the free tries are back', async () => {
    const email = someEmail()
    await attemptAll([instance.throttle], email, 20)
    await passTime(15 * 60)
    const outcomes = await attemptAll([instance.throttle], email, 20)
    expect(outcomes.filter((outcome) => outcome === 0)).toHaveLength(10)
  })

  it('S15: leave no address in the counters', async () => {
    await instance.throttle.attempt('visible@example.com')
    const { rows } = await database.query(`SELECT key FROM "RateLimit" WHERE key LIKE '%visible%'`)
    expect(rows).toEqual([])
  })

  /** The counters live by the machine's clock, so what moves is their end. */
  async function passTime(seconds: number): Promise<void> {
    await database.query(`UPDATE "RateLimit" SET expire = expire - $1`, [seconds * 1000])
  }
})

function openThrottle(store: Pick<SharedStore, 'databaseUrl' | 'redisUrl'>, deadlineMs?: number) {
  const limits = openLimits(store, deadlineMs)
  return { limits, throttle: createLoginThrottle({ limits, log: silentLog }) }
}

function someEmail(): string {
  return `guess-${randomUUID()}@example.com`
}

/** Shares the tries out among the instances, and makes them all at once. @returns for each the wait, 0 for none */
function attemptAll(throttles: readonly LoginThrottle[], email: string, count: number): Promise<number[]> {
  const attempt = (throttle: LoginThrottle) =>
    throttle.attempt(email).then(
      () => 0,
      (error: AppError) => error.retryAfterSeconds ?? -1,
    )
  return Promise.all(Array.from({ length: count / throttles.length }, () => throttles.map(attempt)).flat())
}
