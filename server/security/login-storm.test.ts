import { availableParallelism } from 'node:os'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createSignedInUser, createUser } from '../testing/factories.js'
import { testPassword } from '../testing/secrets.js'
import { createTestApp, type TestApp } from '../testing/test-app.js'

const clients = 80
const runners = Math.max(1, availableParallelism() - 1)
const placesMax = runners * 11

let t: TestApp

beforeAll(async () => {
  t = await createTestApp({ environment: { DATABASE_POOL_MAX: '10' } })
})
afterAll(() => t.close())

function logIn(index: number, email: string) {
  const payload = { email, password: testPassword }
  return t.app.inject({ method: 'POST', url: '/api/auth/login', payload, remoteAddress: `198.51.100.${index}` })
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

it('S44: 80 logins at once: few reach bcrypt; the rest get 503 first; others are served meanwhile', async () => {
  const { session } = await createSignedInUser(t)
  const known = await Promise.all(Array.from({ length: clients / 2 }, () => createUser(t)))
  const emails = known.flatMap(({ email }, index) => [email, `nobody-${index}@example.com`])
  const answered: number[] = []
  const logins = emails.map(async (email, index) => {
    const reply = await logIn(index, email)
    answered.push(reply.statusCode)
    return reply
  })
  const readStatuses = await readUntil(Promise.all(logins), session.accessToken)
  const replies = await Promise.all(logins)
  const refused = replies.filter(({ statusCode }) => statusCode === 503)

  const hashed = clients - refused.length
  expect(hashed).toBeGreaterThan(runners)
  expect(replies.filter(({ statusCode }) => ![200, 401, 503].includes(statusCode))).toEqual([])
  expect(refused.length).toBeGreaterThan(clients - 2 * placesMax)
  expect(refused.every(({ headers }) => headers['retry-after'] === '2')).toBe(true)
  // Who is refused does not wait behind the hashes of the others.
  const hashedBeforeRefusals = answered.slice(0, answered.lastIndexOf(503)).filter((status) => status !== 503)
  expect(hashedBeforeRefusals.length).toBeLessThan(hashed / 2)
  const tries = await t.db.rateLimit.count({ where: { key: { startsWith: 'login/failures' } } })
  expect(tries, 'who is refused at the door has not tried').toBeLessThanOrEqual(64)
  expect(readStatuses.length).toBeGreaterThan(20)
  expect(readStatuses.every((status) => status === 200)).toBe(true)
})
