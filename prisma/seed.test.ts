import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Database } from '../server/core/database/client.js'
import { createPasswords } from '../server/core/security/passwords.js'
import { createTestDatabase, openDatabase } from '../server/testing/test-database.js'
import { seed } from './seed.js'

let database: Awaited<ReturnType<typeof createTestDatabase>>
let db: Database
let outcomes: { seeded: boolean }[]
const passwordPepper = 'a pepper for this test'

beforeAll(async () => {
  database = await createTestDatabase()
  db = openDatabase(database.url)
  const options = { databaseUrl: database.url, passwordPepper }
  outcomes = await Promise.all([seed(options), seed(options)])
})

afterAll(async () => {
  await db.$disconnect()
  await database.drop()
})

test('seeds once when two instances start at once, and not again', async () => {
  expect(outcomes.filter(({ seeded }) => seeded)).toHaveLength(1)
  expect(await seed({ databaseUrl: database.url, passwordPepper })).toEqual({ seeded: false })
})

test('waits for a seed that takes longer than a lock may', async () => {
  const slow = await createTestDatabase()
  const holder = openDatabase(slow.url, { max: 1 })
  const held = holder.$transaction(async (tx) => {
    await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtext('demo data'))`
    await setTimeout(2_500)
  })
  await expect(seed({ databaseUrl: slow.url, passwordPepper })).resolves.toEqual({ seeded: true })
  await held
  await holder.$disconnect()
  await slow.drop()
})

test('creates 22 users', async () => {
  expect(await db.user.count()).toBe(22)
})

test.each([
  ['admin@example.com', 'demo-admin-passphrase', 'admin'],
  ['ada@example.com', 'demo-user-passphrase', 'user'],
])('%s can log in with its documented password', async (email, password, role) => {
  const user = await db.user.findFirstOrThrow({ where: { email }, omit: { passwordHash: false } })
  expect(user.role).toBe(role)
  expect(user.emailVerifiedAt).not.toBeNull()
  expect(
    await createPasswords({ pepper: passwordPepper, minLength: 15, application: 'app' }).verify(
      password,
      user.passwordHash,
      {
        ip: '127.0.0.1',
      },
    ),
  ).toBe(true)
})

test('sets no password for other users', async () => {
  expect(await db.user.count({ where: { passwordHash: { not: null } } })).toBe(2)
})
