import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Transaction } from '../../core/database/client.js'
import { includingDeleted } from '../../core/database/soft-delete.js'
import { readJobs } from '../../core/jobs/queue.js'
import { mailsTo, newestToken, testOrigin } from '../../testing/accounts.js'
import { errorOf } from '../../testing/errors.js'
import { createSignedInUser, createUser } from '../../testing/factories.js'
import { startTestApp } from '../../testing/test-app.js'
import { eraseOwnContent } from './erase.js'
import { eraseContent } from './jobs.js'

type Person = Awaited<ReturnType<typeof createSignedInUser>>

const t = await startTestApp()
let admin: Person

beforeAll(async () => {
  admin = await createSignedInUser(t, { role: 'admin' })
})
const as = (person?: Person) => t.client(person?.session).users
const rowOf = (id: string) =>
  t.db.user.findFirstOrThrow({ where: { AND: [includingDeleted], id }, omit: { passwordHash: false } })

/** A person whose address, name, network and user agent are in every table that the application writes them to. */
async function createRemoved() {
  const secret = randomUUID()
  const { user, session } = await createSignedInUser(t, { email: `${secret}@example.com`, name: `Name ${secret}` })
  const origin = { requestId: 'r', ip: '192.0.2.99', userAgent: `Browser of ${secret}` }
  const { auth } = t.container.services
  await auth.requestPasswordReset(origin, { email: user.email })
  await mailsTo(t, user.email)
  await auth.login(origin, { email: user.email, password: 'a wrong one', delivery: 'body' }).catch(() => {})
  await as(admin).update.mutate({ id: user.id, email: `moved-${secret}@example.com`, name: `Moved ${secret}` })
  await mailsTo(t, user.email)
  await auth.requestPasswordReset(origin, { email: `moved-${secret}@example.com` })
  await as(admin).remove.mutate({ id: user.id })
  return { id: user.id, secret, session }
}

async function dump(): Promise<string> {
  const rows = await t.db.$queryRaw`
    SELECT u::text AS row FROM "User" u WHERE u."deletedAt" IS NOT NULL
    UNION ALL SELECT s::text FROM "Session" s UNION ALL SELECT m::text FROM "MailToken" m
    UNION ALL SELECT o::text FROM "OutboxMail" o UNION ALL SELECT a::text FROM "AuditEvent" a
    UNION ALL SELECT r::text FROM "Registration" r`
  return JSON.stringify(rows)
}

describe('S83: users.erase', () => {
  test('overwrites personal data in all tables, keeps the row, its id and the history of actions', async () => {
    const { id, secret } = await createRemoved()
    expect(await dump()).toContain(secret)
    expect((await t.rest(admin.session)('POST', `/users/${id}/erase`)).status).toBe(204)
    expect(await dump()).not.toContain(secret)
    const row = await rowOf(id)
    expect(row).toMatchObject({ name: 'Erased user', passwordHash: null, erasedAt: t.clock.now() })
    expect(row.email).toBe(`${id}@erased.invalid`)
    expect(await t.db.session.count({ where: { userId: id } })).toBe(0)
    const events = await t.db.auditEvent.findMany({ where: { userId: id }, orderBy: { createdAt: 'asc' } })
    expect(events.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['login.failed', 'user.email_changed', 'user.updated', 'user.removed', 'user.erased']),
    )
    expect(events.filter(({ ip }) => ip !== null).map(({ type }) => type)).toEqual(['user.erased'])
  })

  test('also removes former addresses, and keeps the pending mails of their new owner', async () => {
    const [email, password] = [`former-${randomUUID()}@example.com`, 'a password of some length']
    const { auth } = t.container.services
    await auth.register(testOrigin, { email, password, name: 'Mover' })
    await auth.verifyEmail(testOrigin, { token: await newestToken(t, email) })
    const { id } = await t.db.user.findFirstOrThrow({ where: { email } })
    await as(admin).update.mutate({ id, email: `moved-${email}` })
    await mailsTo(t, email)
    await auth.register(testOrigin, { email, password, name: 'New owner' })
    await as(admin).remove.mutate({ id })
    await as(admin).erase.mutate({ id })
    expect(await t.db.outboxMail.findMany({ where: { to: email }, select: { status: true } })).toEqual([
      { status: 'pending' },
    ])
  })

  test('keeps the roles in the audit trail', async () => {
    const person = await createSignedInUser(t)
    const { id } = person.user
    await as(admin).update.mutate({ id, role: 'admin' })
    await as(admin).remove.mutate({ id })
    await as(admin).erase.mutate({ id })
    const event = await t.db.auditEvent.findFirst({ where: { userId: id, type: 'user.role_changed' } })
    expect(event?.data).toEqual({ from: 'user', to: 'admin' })
  })

  test('cannot be undone, and has no further effect when repeated', async () => {
    const { id } = await createUser(t, { deletedAt: t.clock.now() })
    await as(admin).erase.mutate({ id })
    expect((await errorOf(as(admin).restore.mutate({ id }))).code).toBe('NOT_FOUND')
    expect(await as(admin).erase.mutate({ id })).toBeUndefined()
    expect(await rowOf(id)).toMatchObject({ version: 2 })
  })

  test('keeps mails and registrations of the current owner of the address', async () => {
    const { id, email } = await createUser(t, { deletedAt: t.clock.now() })
    t.clock.advance(60)
    const password = 'a password of some length'
    await t.container.services.auth.register(testOrigin, { email, password, name: 'New owner' })
    await as(admin).erase.mutate({ id })
    expect(await t.db.registration.count({ where: { email } })).toBe(1)
    expect(await mailsTo(t, email)).toHaveLength(1)
  })

  test('does not change sessions, links, mails and events of other users', async () => {
    const bystander = await createSignedInUser(t)
    const { id: userId, email } = bystander.user
    const { auth } = t.container.services
    await auth.requestPasswordReset(testOrigin, { email })
    const link = await newestToken(t, email)
    const moved = await createRemoved()
    const kept = async () => ({
      events: await t.db.auditEvent.findMany({ where: { userId }, orderBy: { id: 'asc' } }),
      links: await t.db.mailToken.count({ where: { userId, usedAt: null } }),
      mails: await t.db.outboxMail.count({ where: { userId } }),
      sessions: await t.db.session.count({ where: { userId, revokedAt: null } }),
    })
    const before = await kept()
    expect(before).toMatchObject({ events: [{ ip: testOrigin.ip }], links: 1, mails: 1, sessions: 1 })
    await as(admin).erase.mutate({ id: moved.id })
    expect(await kept()).toEqual(before)
    await auth.resetPassword(testOrigin, { token: link, password: 'a password of some length' })
  })

  test('does not remove the verification mail of another user who has changed their address', async () => {
    const [email, password] = [`other-${randomUUID()}@example.com`, 'a password of some length']
    const { auth } = t.container.services
    await auth.register(testOrigin, { email, password, name: 'Other mover' })
    await auth.verifyEmail(testOrigin, { token: await newestToken(t, email) })
    const { id } = await t.db.user.findFirstOrThrow({ where: { email } })
    await as(admin).update.mutate({ id, email: `moved-${email}` })
    const verifications = () => t.db.outboxMail.count({ where: { to: email, template: 'verification' } })
    expect(await verifications()).toBe(1)
    await as(admin).erase.mutate({ id: (await createRemoved()).id })
    expect(await verifications()).toBe(1)
  })

  test('keeps the events of what an erased admin did to others, without the IP address', async () => {
    const former = await createSignedInUser(t, { role: 'admin' })
    const { id: userId, name } = await createUser(t)
    await as(former).update.mutate({ id: userId, name: 'Renamed' })
    await as(admin).remove.mutate({ id: former.user.id })
    await as(admin).erase.mutate({ id: former.user.id })
    const event = await t.db.auditEvent.findFirst({ where: { userId, type: 'user.updated' } })
    expect(event).toMatchObject({ actorId: former.user.id, data: { from: name, to: 'Renamed' }, ip: null })
  })

  test('is rejected for an account that is not deleted, an unknown one, users and anonymous callers', async () => {
    const person = await createSignedInUser(t)
    const { id } = person.user
    expect((await errorOf(as(admin).erase.mutate({ id }))).code).toBe('CONFLICT')
    expect((await errorOf(as(admin).erase.mutate({ id: randomUUID() }))).code).toBe('NOT_FOUND')
    expect((await errorOf(as(person).erase.mutate({ id }))).code).toBe('FORBIDDEN')
    expect((await errorOf(as().erase.mutate({ id }))).code).toBe('UNAUTHORIZED')
    expect(await rowOf(id)).toMatchObject({ erasedAt: null, version: 1 })
  })
})

describe('S83: what the owner of an erased account wrote', () => {
  const erasures: string[] = []
  let failures = 0
  const resources = {
    first: resource('first', async () => {}),
    second: resource('second', async () => {
      if (failures-- > 0) throw new Error('The database is away.')
    }),
  }

  function resource(name: string, work: () => Promise<void>) {
    return {
      async *ownRows() {},
      async eraseOwnRows(_tx: Transaction, userId: string) {
        await work()
        erasures.push(`${name} of ${userId}`)
      },
    }
  }

  test('is erased by a job, resource by resource, and again if one fails', async () => {
    const { id: userId } = await createUser(t, { deletedAt: t.clock.now() })
    const erase = () => eraseOwnContent({ db: t.container.db, resources }, { userId })
    failures = 1
    await expect(erase()).rejects.toThrow('The database is away.')
    await erase()
    expect(erasures).toEqual([`first of ${userId}`, `first of ${userId}`, `second of ${userId}`])
  })

  test('is left to a job in the transaction of the erasure, once, however often it is requested', async () => {
    const { id } = await createUser(t, { deletedAt: t.clock.now() })
    await Promise.all([as(admin).erase.mutate({ id }), as(admin).erase.mutate({ id })])
    const jobs = await readJobs(t.db, { name: eraseContent.name, limit: 100 })
    const [row] = await t.db.$queryRaw<{ count: bigint }[]>`
      SELECT count(*) FROM graphile_worker._private_jobs WHERE payload ->> 'userId' = ${id}`
    expect(row?.count).toBe(1n)
    expect(jobs).toContainEqual(expect.objectContaining({ status: 'waiting' }))
    await t.container.jobs.drain()
    expect(await readJobs(t.db, { name: eraseContent.name, limit: 100 })).toEqual([])
  })
})
