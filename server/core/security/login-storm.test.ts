import { availableParallelism } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createSignedInUser, createUser } from '../../testing/factories.js'
import { testPassword } from '../../testing/secrets.js'
import { createTestApp, type TestApp } from '../../testing/test-app.js'

// bcrypt has a low priority, so it is slow on a busy machine.
vi.setConfig({ testTimeout: 240_000 })

const runners = Math.max(1, availableParallelism() - 1)
const placesMax = runners * 11
// Many more than there are places on any machine, so that some are rejected.
const clients = Math.max(80, 4 * placesMax)

let t: TestApp

beforeEach(async () => {
  t = await createTestApp({ environment: { DATABASE_POOL_MAX: '11' } })
})
afterEach(() => t.close())

function logIn(index: number, email: string) {
  const payload = { email, password: testPassword }
  return t.app.inject({
    method: 'POST',
    url: '/api/auth/login',
    payload,
    remoteAddress: `198.18.${index >> 8}.${index & 255}`,
  })
}

async function readUntil(storm: Promise<unknown>, accessToken: string): Promise<number[]> {
  const end = { isReached: false }
  const watch = storm.then(() => {
    end.isReached = true
  })
  const statuses: number[] = []
  while (!end.isReached) {
    const headers = { authorization: `Bearer ${accessToken}` }
    statuses.push((await t.app.inject({ url: '/api/users/me', headers })).statusCode)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  await watch
  return statuses
}

it('S44: with more concurrent logins than places, few reach bcrypt, the others get 503 first, and other requests are served', async () => {
  const { session } = await createSignedInUser(t)
  const known = await Promise.all(Array.from({ length: clients / 2 }, () => createUser(t)))
  const emails = known.flatMap(({ email }, index) => [email, `nobody-${index}@example.com`])
  const answered: { status: number; wait: unknown }[] = []
  const logins = emails.map(async (email, index) => {
    const reply = await logIn(index, email)
    answered.push({ status: reply.statusCode, wait: reply.headers['retry-after'] })
    return reply
  })
  const readStatuses = await readUntil(Promise.all(logins), session.accessToken)
  const replies = await Promise.all(logins)
  const refused = replies.filter(({ statusCode }) => statusCode === 503)

  const hashed = clients - refused.length
  expect(hashed).toBeGreaterThan(runners)
  expect(replies.filter(({ statusCode }) => ![200, 401, 503].includes(statusCode))).toEqual([])
  expect(refused.length).toBeGreaterThan(clients - 2 * placesMax)
  // On a busy machine, some are refused by the full pool of connections, which asks for another wait.
  const waits = refused.map(({ headers }) => Number(headers['retry-after']))
  expect(waits.filter((seconds) => !(seconds >= 1 && seconds <= 10))).toEqual([])
  expect(waits.filter((seconds) => seconds === 2).length).toBeGreaterThan(refused.length / 2)
  // A rejected login does not wait for the hashes of others.
  const places = answered.flatMap(({ status, wait }, place) => (status === 503 && wait === '2' ? [place] : []))
  const hashedBefore = answered.slice(0, places[Math.floor(places.length / 2)]).filter(({ status }) => status !== 503)
  expect(hashedBefore.length).toBeLessThan(hashed / 2)
  const tries = await t.db.rateLimit.count({ where: { key: { startsWith: 'login/failures' } } })
  expect(tries, 'who is refused at the door has not tried').toBeLessThanOrEqual(64)
  expect(readStatuses.length).toBeGreaterThan(20)
  expect(readStatuses.every((status) => status === 200)).toBe(true)
})

// So that the flood leaves processor time to other tests.
const pauseMs = 150
const flooder = '198.51.100.1'

async function post(path: string, payload: object, remoteAddress: string): Promise<number> {
  const { statusCode } = await t.app.inject({ method: 'POST', url: `/api/auth/${path}`, payload, remoteAddress })
  return statusCode
}

const connections = 80

/**
 * Sends requests on each connection, one after the other, until the work is done. @returns the number of responses by
 * status
 */
async function floodWhile(work: Promise<unknown>, send: (index: number) => Promise<number>) {
  const counts = new Map<number, number>()
  const end = { isReached: false }
  const watched = work.finally(() => {
    end.isReached = true
  })
  const connection = async (number: number) => {
    for (let index = number; !end.isReached; index += connections) {
      const status = await send(index)
      counts.set(status, (counts.get(status) ?? 0) + 1)
      await delay(pauseMs)
    }
  }
  await Promise.all([watched, ...Array.from({ length: connections }, (_, index) => connection(index))])
  return counts
}

/** Creates users, and the function that logs them in one after the other, each from a different address. */
async function prepareOthers(count: number, network: string): Promise<() => Promise<number[]>> {
  const users = await Promise.all(Array.from({ length: count }, () => createUser(t)))
  return async () => {
    const statuses: number[] = []
    for (const [index, { email }] of users.entries()) {
      statuses.push(await post('login', { email, password: testPassword }, `${network}.${index + 1}`))
    }
    return statuses
  }
}

it('S58: 80 connections of one address that log in continuously prevent none of 20 others from logging in', async () => {
  const logInOthers = await prepareOthers(20, '203.0.113')
  const startedAt = performance.now()
  const others = logInOthers()
  const password = 'not the password at all'
  const counts = await floodWhile(others, (index) =>
    post('login', { email: `nobody-${index}@example.com`, password }, flooder),
  )
  expect(await others).toEqual(Array<number>(20).fill(200))
  const minutes = Math.ceil((performance.now() - startedAt) / 60_000)
  expect(counts.get(401) ?? 0, 'what the limit lets an address try').toBeLessThanOrEqual(20 * (minutes + 1))
  const refused = counts.get(429) ?? 0
  expect(refused).toBeGreaterThan(5 * connections)
  const charged = (await t.db.rateLimit.findMany({ where: { key: { contains: flooder } } })).map(({ points }) => points)
  expect(charged[0] ?? 0, 'of the refusals hardly any cost the store anything').toBeLessThan(refused / 4)
  expect([...counts.keys()].filter((status) => ![401, 429, 503].includes(status))).toEqual([])
})

it('S58: nor does a flood of all procedures that hash passwords, from the addresses of one IPv6 /64', async () => {
  const logInOthers = await prepareOthers(10, '192.0.2')
  const others = logInOthers()
  const password = 'a password nobody chose yet'
  const calls = [
    ['register', (index: number) => ({ email: `new-${index}@example.com`, password, name: 'New' })],
    ['login', (index: number) => ({ email: `nobody-${index}@example.com`, password })],
    ['password-reset/confirm', () => ({ token: 'A'.repeat(43), password })],
    ['change-password', () => ({ currentPassword: password, newPassword: password })],
  ] as const
  const counts = await floodWhile(others, (index) => {
    const [path, input] = calls[index % calls.length] ?? calls[0]
    return post(path, input(index), `2001:db8:1:2::${(index % 65_536).toString(16)}`)
  })
  expect(await others).toEqual(Array<number>(10).fill(200))
  expect(counts.get(429) ?? 0).toBeGreaterThan(2 * connections)
})

it('S58: a client that exceeds a limit takes no place, and gets 429 while all places are taken', async () => {
  const known = '198.51.100.77'
  const stranger = { email: 'nobody@example.com', password: 'not the password at all' }
  const rule = { name: 'auth.login', by: 'address', points: 20, windowSeconds: 60 } as const
  for (let calls = 0; calls < 21; calls += 1) {
    await Promise.resolve(t.container.limits.charge(rule, `address:${known}`)).catch(() => {})
  }
  const doors: (() => void)[] = []
  const work = () => new Promise<void>((open) => doors.push(open))
  const admissions = Array.from({ length: 100 }, (_, index) =>
    t.container.passwords.admit({ ip: `10.0.0.${index}` }, work),
  )
  const busy = Promise.allSettled(admissions)
  expect(doors, 'all places are taken').toHaveLength(64)
  expect(await post('login', stranger, '198.51.100.78')).toBe(503)
  expect(await post('login', stranger, known)).toBe(429)
  for (const open of doors) open()
  await busy
  expect(await post('login', stranger, '198.51.100.78')).toBe(401)
})
