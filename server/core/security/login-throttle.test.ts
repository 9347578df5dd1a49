import { randomUUID } from 'node:crypto'
import type pg from 'pg'
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
import { openConnection } from '../database/connection.js'
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

    it('S9: allows exactly 10 of 50 concurrent guesses on two instances', async () => {
      const outcomes = await attemptAll([throttle, other], someEmail(), 50)
      expect(outcomes.filter((outcome) => outcome === 0)).toHaveLength(10)
    })

    it('S8: rejects the 11th attempt with a wait of a minute, however the address is written', async () => {
      const email = someEmail()
      for (let tries = 0; tries < 10; tries++) await throttle.attempt(email)
      await expect(other.attempt(` ${email.toUpperCase()}`)).rejects.toMatchObject({
        code: 'RATE_LIMITED',
        retryAfterSeconds: 60,
      })
    })

    it('S8: counts each account separately', async () => {
      await attemptAll([throttle], someEmail(), 12)
      await expect(throttle.attempt(someEmail())).resolves.toBeUndefined()
    })

    it('resets the attempts on all instances after a correct password', async () => {
      const email = someEmail()
      for (let tries = 0; tries < 10; tries++) await throttle.attempt(email)
      await other.succeeded(email)
      const outcomes = await attemptAll([throttle, other], email, 20)
      expect(outcomes.filter((outcome) => outcome === 0)).toHaveLength(10)
    })

    it('S8: resets a throttled account immediately when its owner resets the password', async () => {
      const email = someEmail()
      await attemptAll([throttle], email, 12)
      await throttle.clear(email)
      await expect(throttle.attempt(email)).resolves.toBeUndefined()
    })

    it('S8, S81: strangers cannot use up the attempts of a network or a browser that has logged in before', async () => {
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

    it('S9, S81: a known network has exactly ten attempts of its own', async () => {
      const [email, home] = [someEmail(), { ip: '192.0.2.20' }]
      await throttle.succeeded(email, home)
      const tries = Array.from({ length: 30 }, (_, index) => (index % 2 ? throttle : other).attempt(email, home))
      const outcomes = await Promise.allSettled(tries)
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(10)
      await expect(throttle.attempt(email, { ip: '192.0.2.21' })).resolves.toBeUndefined()
    })

    it('S81: a forged browser mark, or one of another account, has no effect', async () => {
      const [email, browser] = [someEmail(), { device: randomUUID() }]
      await throttle.succeeded(someEmail(), browser)
      for (let tries = 0; tries < 10; tries++) await throttle.attempt(email, { device: randomUUID() })
      await expect(throttle.attempt(email, browser)).rejects.toMatchObject({ code: 'RATE_LIMITED' })
    })

    it('S81: the network and browser of a password reset are known afterwards, however often strangers guess', async () => {
      const [email, somewhere] = [someEmail(), { ip: '192.0.2.30' }]
      await throttle.clear(email, somewhere)
      await Promise.allSettled(Array.from({ length: 20 }, () => throttle.attempt(email, { ip: '203.0.113.5' })))
      await expect(throttle.attempt(email, somewhere)).resolves.toBeUndefined()
    })

    it('S9: allows five attempts, and responds within a second, if the store is unavailable', async () => {
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
    database = await openConnection(store.databaseUrl)
    instance = openThrottle(store)
  })

  afterAll(async () => {
    await database.end()
    await instance.limits.close()
    await store.drop()
  })

  it('S8: grow to 15 minutes, and allow one of many concurrent attempts after each', async () => {
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

  it('S8: end after 15 minutes without an attempt, when ten attempts are allowed again', async () => {
    const email = someEmail()
    await attemptAll([instance.throttle], email, 20)
    await passTime(15 * 60)
    const outcomes = await attemptAll([instance.throttle], email, 20)
    expect(outcomes.filter((outcome) => outcome === 0)).toHaveLength(10)
  })

  it('S15: store no email address in the counters', async () => {
    await instance.throttle.attempt('visible@example.com')
    const { rows } = await database.query(`SELECT key FROM "RateLimit" WHERE key LIKE '%visible%'`)
    expect(rows).toEqual([])
  })

  /** The counters use the clock of the machine, so the test moves their expiry instead. */
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

/** Distributes concurrent attempts over the instances. @returns the wait after each, 0 for an allowed attempt */
function attemptAll(throttles: readonly LoginThrottle[], email: string, count: number): Promise<number[]> {
  const attempt = (throttle: LoginThrottle) =>
    throttle.attempt(email).then(
      () => 0,
      (error: AppError) => error.retryAfterSeconds ?? -1,
    )
  return Promise.all(Array.from({ length: count / throttles.length }, () => throttles.map(attempt)).flat())
}
