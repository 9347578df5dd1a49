import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import { enqueueMail } from '../../core/mail/outbox.js'
import { errorOf } from '../../testing/errors.js'
import { createSignedInUser } from '../../testing/factories.js'
import { startTestApp } from '../../testing/test-app.js'

type Person = Awaited<ReturnType<typeof createSignedInUser>>

const t = await startTestApp()
let admin: Person
let user: Person

beforeAll(async () => {
  admin = await createSignedInUser(t, { role: 'admin' })
  user = await createSignedInUser(t)
})

const as = (person?: Person) => t.client(person?.session).mail

describe('mail.list', () => {
  test('shows which mails could not be sent and why, without their content', async () => {
    const { id, to } = await createMail('dead')
    const { items } = await as(admin).list.query({ status: 'dead', limit: 100 })
    expect(items.find((item) => item.id === id)).toEqual({
      id,
      template: 'password-changed',
      to,
      status: 'dead',
      attempts: 6,
      lastError: '550 mailbox full',
      createdAt: expect.any(Date),
      sentAt: null,
    })
  })

  test('continues from a cursor', async () => {
    for (let count = 0; count < 3; count++) await createMail('sent')
    const first = await as(admin).list.query({ status: 'sent', limit: 2 })
    const cursor = first.meta.nextCursor ?? ''
    const second = await as(admin).list.query({ status: 'sent', limit: 2, cursor })
    const ids = [...first.items, ...second.items].map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    expect((await errorOf(as(admin).list.query({ status: 'dead', cursor }))).code).toBe('BAD_REQUEST')
  })

  test('rejects anonymous callers, users and an unknown status', async () => {
    expect((await errorOf(as().list.query({}))).code).toBe('UNAUTHORIZED')
    expect((await errorOf(as(user).list.query({}))).code).toBe('FORBIDDEN')
    // @ts-expect-error What comes over the wire has no types.
    expect((await errorOf(as(admin).list.query({ status: 'odd' }))).code).toBe('VALIDATION_ERROR')
  })
})

describe('mail.retry', () => {
  test('sends a dead mail, and records it', async () => {
    const { id, to } = await createMail('dead')
    const { status, body } = await t.rest(admin.session)('POST', `/mail/${id}/retry`)
    expect(status).toBe(200)
    expect(body).toMatchObject({ data: { id, status: 'pending', attempts: 0 } })
    await t.container.jobs.drain()
    expect(t.mailer.mails.map((mail) => mail.to)).toContain(to)
    const event = await t.db.auditEvent.findFirst({ where: { type: 'mail.retried', actorId: admin.user.id } })
    expect(event?.data).toEqual({ mailId: id })
  })

  test('rejects a mail that is not dead, and an unknown one', async () => {
    const { id } = await createMail('sent')
    expect((await errorOf(as(admin).retry.mutate({ id }))).code).toBe('CONFLICT')
    expect((await errorOf(as(admin).retry.mutate({ id: randomUUID() }))).code).toBe('NOT_FOUND')
    expect((await errorOf(as(admin).retry.mutate({ id: 'x' }))).code).toBe('VALIDATION_ERROR')
  })

  test('rejects anonymous callers and users', async () => {
    const { id } = await createMail('dead')
    expect((await errorOf(as().retry.mutate({ id }))).code).toBe('UNAUTHORIZED')
    expect((await errorOf(as(user).retry.mutate({ id }))).code).toBe('FORBIDDEN')
  })
})

async function createMail(status: 'dead' | 'sent') {
  const to = `${randomUUID()}@example.com`
  await t.db.$transaction((tx) =>
    enqueueMail(tx, t.clock, { template: 'password-changed', to, params: { name: 'Ada' } }),
  )
  const { id } = await t.db.outboxMail.findFirstOrThrow({ where: { to } })
  const outcome = status === 'dead' ? { attempts: 6, lastError: '550 mailbox full' } : { sentAt: t.clock.now() }
  return t.db.outboxMail.update({ where: { id }, data: { status, ...outcome } })
}
