import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import { errorOf } from '../../testing/errors.js'
import { createSignedInUser, createUser } from '../../testing/factories.js'
import { startTestApp } from '../../testing/test-app.js'
import type { AuditEventType } from './schema.js'

type Person = Awaited<ReturnType<typeof createSignedInUser>>

const origin = { requestId: 'request-1', ip: '192.0.2.7', userAgent: 'test' }

const t = await startTestApp()
let admin: Person
let user: Person

beforeAll(async () => {
  admin = await createSignedInUser(t, { role: 'admin' })
  user = await createSignedInUser(t)
})

const as = (person?: Person) => t.client(person?.session).audit

describe('recording', () => {
  test('records who did what to whom, and from where', async () => {
    const { id: userId } = await createUser(t)
    const { audit } = t.container.services
    const data = { from: 'user', to: 'admin', sessions: 2, wasForced: false, note: null }
    await audit.record(t.db, { type: 'user.role_changed', actorId: admin.user.id, userId, origin, data })
    const { items } = await as(admin).list.query({ userId })
    expect(items).toEqual([
      {
        id: expect.any(String),
        type: 'user.role_changed',
        actorId: admin.user.id,
        userId,
        ...origin,
        data,
        createdAt: expect.any(Date),
      },
    ])
  })

  test('is rolled back with its transaction', async () => {
    const { id: userId } = await createUser(t)
    const work = t.db.$transaction(async (tx) => {
      await t.container.services.audit.record(tx, { type: 'login.failed', actorId: null, userId, origin: null })
      throw new Error('rolled back')
    })
    await expect(work).rejects.toThrow('rolled back')
    expect(await t.db.auditEvent.count({ where: { userId } })).toBe(0)
  })
})

describe('the trail', () => {
  test('keeps its users: a user that it refers to cannot be deleted, not even in SQL', async () => {
    const { id: userId } = await createUser(t)
    const { id: actorId } = await createUser(t)
    await t.db.auditEvent.create({ data: { type: 'user.updated', userId, actorId, data: {} } })
    for (const id of [userId, actorId]) {
      await expect(t.db.$executeRaw`DELETE FROM "User" WHERE "id" = ${id}::uuid`).rejects.toThrow(/foreign key/i)
    }
    expect(await t.db.auditEvent.findMany({ where: { userId } })).toMatchObject([{ actorId }])
  })
})

describe('audit.list', () => {
  test('returns all events once each, newest first, also if several have the same time', async () => {
    const userId = await recordMany(7)
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const page: Awaited<ReturnType<ReturnType<typeof as>['list']['query']>> = await as(admin).list.query({
        userId,
        limit: 3,
        ...(cursor && { cursor }),
      })
      expect(page.meta.limit).toBe(3)
      expect(page.meta.hasMore).toBe(page.meta.nextCursor !== null)
      seen.push(...page.items.map(({ id }) => id))
      cursor = page.meta.nextCursor
    } while (cursor)
    const rows = await t.db.auditEvent.findMany({ where: { userId }, orderBy: [{ createdAt: 'desc' }, { id: 'desc' }] })
    expect(seen).toEqual(rows.map(({ id }) => id))
  })

  test('filters by type and by the user concerned', async () => {
    const userId = await recordMany(2, 'logout')
    await recordMany(1, 'login.failed', userId)
    expect((await as(admin).list.query({ userId, type: 'logout' })).items).toHaveLength(2)
    expect((await as(admin).list.query({ userId: randomUUID() })).items).toEqual([])
  })

  test('S87: contains the old and the new value, and filters by who made the change', async () => {
    const { id, email, name } = await createUser(t)
    const api = t.client(admin.session).users
    const moved = `${randomUUID()}@example.com`
    await api.update.mutate({ id, email: moved, name: 'After', role: 'admin' })
    const { items } = await as(admin).list.query({ userId: id, actorId: admin.user.id })
    expect(Object.fromEntries(items.map((event) => [event.type, event.data]))).toEqual({
      'user.role_changed': { from: 'user', to: 'admin' },
      'user.email_changed': { from: email, to: moved },
      'user.updated': { from: name, to: 'After' },
    })
    expect((await as(admin).list.query({ userId: id, actorId: id })).items).toEqual([])
    await t.client(user.session).users.updateMe.mutate({ name: 'My own choice' })
    const [own] = (await as(admin).list.query({ userId: user.user.id, actorId: user.user.id })).items
    expect(own).toMatchObject({ type: 'user.updated', data: { from: 'Test User', to: 'My own choice' } })
  })

  test('returns a link to the next page over REST', async () => {
    const userId = await recordMany(2)
    const { status, headers, body } = await t.rest(admin.session)('GET', '/audit-events', {
      query: { userId, limit: '1' },
    })
    expect(status).toBe(200)
    expect(body).toMatchObject({ data: [{ userId }], meta: { limit: 1, hasMore: true } })
    expect(headers.link).toContain('rel="next"')
  })

  test('rejects a malformed cursor, one of another filter, an unknown type and an unknown key', async () => {
    const userId = await recordMany(2)
    const { meta } = await as(admin).list.query({ userId, limit: 1 })
    const cursor = meta.nextCursor ?? ''
    expect((await errorOf(as(admin).list.query({ cursor: 'broken' }))).code).toBe('BAD_REQUEST')
    expect((await errorOf(as(admin).list.query({ cursor, type: 'logout' }))).code).toBe('BAD_REQUEST')
    // @ts-expect-error What comes over the wire has no types.
    expect((await errorOf(as(admin).list.query({ type: 'odd' }))).code).toBe('VALIDATION_ERROR')
    // @ts-expect-error What comes over the wire has no types.
    expect((await errorOf(as(admin).list.query({ where: {} }))).code).toBe('VALIDATION_ERROR')
  })

  test('rejects anonymous callers and users', async () => {
    expect((await errorOf(as().list.query({}))).code).toBe('UNAUTHORIZED')
    expect((await errorOf(as(user).list.query({}))).code).toBe('FORBIDDEN')
  })
})

/** Events with the same time, so that only their ids determine their order. */
async function recordMany(count: number, type: AuditEventType = 'login.succeeded', of?: string) {
  const userId = of ?? (await createUser(t)).id
  const row = { type, userId, data: {}, createdAt: t.clock.now() }
  await t.db.auditEvent.createMany({ data: Array.from({ length: count }, () => row) })
  return userId
}
