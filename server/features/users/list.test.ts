import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import { errorOf } from '../../testing/errors.js'
import { createSignedInUser, createUser, signIn } from '../../testing/factories.js'
import { startTestApp } from '../../testing/test-app.js'
import { profileColumns } from './profile/schema.js'
import type { User } from './schema.js'

type Person = Awaited<ReturnType<typeof createSignedInUser>>

const t = await startTestApp()
let admin: Person

const at = (minute: number) => ({ createdAt: new Date(Date.UTC(2026, 0, 1, 0, minute)) })

beforeAll(async () => {
  admin = await createSignedInUser(t, { name: 'D Admin', email: 'd@example.com', role: 'admin', ...at(1) })
  await createUser(t, { name: 'C Quiet', email: 'c_under@example.com', disabledAt: t.clock.now(), ...at(2) })
  await createUser(t, { name: 'B 100% Sure', email: 'b@example.com', ...at(3) })
  await createUser(t, { name: 'A Gone', email: 'a@example.com', deletedAt: t.clock.now(), ...at(4) })
})

const as = (person?: Person) => t.client(person?.session).users
const initialsOf = ({ items }: { items: User[] }) => items.map(({ name }) => name[0]).join('')

describe('users.list', () => {
  test('shows users who are not deleted, newest first, with their total number', async () => {
    const page = await as(admin).list.query({})
    expect(initialsOf(page)).toBe('BCD')
    expect(page.meta).toEqual({ total: 3, page: 1, limit: 20 })
    const own = ['id', 'email', 'role', 'status', 'emailVerifiedAt', 'createdAt', 'updatedAt', 'version']
    expect(Object.keys(page.items[0] ?? {}).sort()).toEqual([...own, ...Object.keys(profileColumns)].sort())
  })

  test.each([
    [{ status: 'active' }, 'BD'],
    [{ status: 'disabled' }, 'C'],
    [{ status: 'deleted', q: 'gone' }, 'A'],
    [{ role: 'admin' }, 'D'],
    [{ role: 'user', status: 'active' }, 'B'],
    [{ sort: 'name' }, 'BCD'],
    [{ sort: 'name', order: 'desc' }, 'DCB'],
    [{ sort: 'email' }, 'BCD'],
    [{ sort: 'createdAt', order: 'asc' }, 'DCB'],
    [{ q: 'QUIET' }, 'C'],
    [{ q: '@EXAMPLE' }, 'BCD'],
    [{ q: '' }, 'BCD'],
    [{ q: 'nobody' }, ''],
    [{ q: 'a@example.com' }, ''],
  ] as const)('%o gives %j', async (filters, initials) => {
    const page = await as(admin).list.query(filters)
    expect(initialsOf(page)).toBe(initials)
    expect(page.meta.total).toBe(initials.length)
  })

  test('orders names alphabetically in any script, whatever locale the database has', async () => {
    const mark = `order-${randomUUID().slice(0, 8)}`
    const names = ['ada', 'Ada', 'Bob', 'Édouard', 'zoë', 'Ωmega']
    for (const name of names.toReversed())
      await createUser(t, { name: `${name} ${mark}`, ...at(0), deletedAt: t.clock.now() })
    const { items } = await as(admin).list.query({ q: mark, status: 'deleted', sort: 'name' })
    expect(items.map(({ name }) => name.split(' ')[0])).toEqual(names)
  })

  test.each(['active', 'disabled', 'deleted'] as const)('shows users who are %s with that status', async (status) => {
    const { items } = await as(admin).list.query({ status })
    expect(items.length).toBeGreaterThan(0)
    expect(new Set(items.map((user) => user.status))).toEqual(new Set([status]))
  })

  test.each([
    ['%', 'B'],
    ['_', 'C'],
    ['100%', 'B'],
    ['\\', ''],
    ["'", ''],
  ])('treats %j as a character, not as a wildcard', async (q, initials) => {
    expect(initialsOf(await as(admin).list.query({ q }))).toBe(initials)
  })

  test('returns pages by number', async () => {
    expect(initialsOf(await as(admin).list.query({ limit: 2 }))).toBe('BC')
    const second = await as(admin).list.query({ limit: 2, page: 2 })
    expect(initialsOf(second)).toBe('D')
    expect(second.meta).toEqual({ total: 3, page: 2, limit: 2 })
    expect((await as(admin).list.query({ page: 1_000_000, limit: 100 })).items).toEqual([])
  })

  test.each([
    { page: 0 },
    { page: 1.5 },
    { limit: 0 },
    { limit: 101 },
    { sort: 'passwordHash' },
    { sort: { name: 'asc' } },
    { order: 'random' },
    { status: 'gone' },
    { where: { id: 'x' } },
    { q: 'a\u0000' },
  ])('S30: rejects %o', async (filters) => {
    // @ts-ignore The types reject these inputs, but data from the network has no types.
    expect((await errorOf(as(admin).list.query(filters))).code).toBe('VALIDATION_ERROR')
  })
})

test('users.get returns a user; S31: a removed and an unknown one result in the same response', async () => {
  const { id } = admin.user
  expect(await as(admin).get.query({ id })).toMatchObject({
    id,
    email: 'd@example.com',
    role: 'admin',
    status: 'active',
  })
  const gone = await t.db.user.findFirstOrThrow({ where: { deletedAt: { not: null } } })
  expect((await errorOf(as(admin).get.query({ id: gone.id }))).code).toBe('NOT_FOUND')
  expect((await errorOf(as(admin).get.query({ id: randomUUID() }))).code).toBe('NOT_FOUND')
  expect((await errorOf(as(admin).get.query({ id: 'x' }))).code).toBe('VALIDATION_ERROR')
})

test('users.list and users.get are for admins', async () => {
  const row = await t.db.user.findFirstOrThrow({ where: { email: 'b@example.com' } })
  const user = { user: row, session: await signIn(t, row) }
  expect((await errorOf(as(user).list.query({}))).code).toBe('FORBIDDEN')
  expect((await errorOf(as(user).get.query({ id: user.user.id }))).code).toBe('FORBIDDEN')
  expect((await errorOf(as().list.query({}))).code).toBe('UNAUTHORIZED')
  expect((await errorOf(as().get.query({ id: user.user.id }))).code).toBe('UNAUTHORIZED')
})
