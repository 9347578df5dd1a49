import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { createSignedInUser } from './testing/factories.js'
import { startTestApp } from './testing/test-app.js'

const t = await startTestApp()

const daysAgo = (days: number) => new Date(t.clock.now().getTime() - days * 24 * 3600 * 1000)

async function fill(ageDays: number) {
  const { user, session } = await createSignedInUser(t)
  const expiresAt = daysAgo(ageDays)
  const names = { email: `${user.id}@example.com`, name: 'X' }
  await t.db.session.update({ where: { id: session.sessionId }, data: { revokedAt: expiresAt } })
  await t.db.registration.create({ data: { ...names, passwordHash: 'x', expiresAt } })
  await t.db.mailToken.create({ data: { kind: 'reset', userId: user.id, tokenHash: Buffer.from(user.id), expiresAt } })
  const key = { userId: user.id, name: 'K', start: 'k' }
  await t.db.apiKey.create({ data: { ...key, keyHash: randomBytes(32), expiresAt } })
  await t.db.apiKey.create({ data: { ...key, keyHash: randomBytes(32), revokedAt: expiresAt } })
  await t.db.apiKey.create({ data: { ...key, keyHash: randomBytes(32) } })
  const mail = { template: 'account-exists', to: names.email, params: {}, nextAttemptAt: expiresAt }
  for (const status of ['sent', 'dead', 'pending'] as const) {
    await t.db.outboxMail.create({ data: { ...mail, status, updatedAt: expiresAt } })
  }
}

it('deletes rows that ended more than 30 days ago, and none that are newer, pending, or users’ data', async () => {
  await fill(31)
  await fill(29)
  expect(await t.container.cleanup.run()).toEqual({
    mailTokens: 1,
    registrations: 1,
    idempotencyKeys: 0,
    sessions: 1,
    apiKeys: 2,
    mails: 2,
    auditEvents: 0,
  })
  expect(await t.container.cleanup.run()).toEqual({
    mailTokens: 0,
    registrations: 0,
    idempotencyKeys: 0,
    sessions: 0,
    apiKeys: 0,
    mails: 0,
    auditEvents: 0,
  })
  expect(await t.db.user.count()).toBe(2)
  expect(await t.db.apiKey.count()).toBe(4)
  expect(await t.db.outboxMail.count({ where: { status: 'pending' } })).toBe(2)
})

it('deletes more than one batch', async () => {
  const data = { template: 'account-exists', to: 'x@example.com', params: {}, status: 'sent' } as const
  const row = { ...data, nextAttemptAt: daysAgo(40), updatedAt: daysAgo(40) }
  await t.db.outboxMail.createMany({ data: Array.from({ length: 1_500 }, () => row) })
  expect((await t.container.cleanup.run()).mails).toBeGreaterThanOrEqual(1_500)
})

it('S87: deletes events of anonymous callers that are older than 90 days, and no other audit events', async () => {
  const types = ['login.failed', 'login.throttled', 'register.requested', 'password.reset_requested', 'login.succeeded']
  const rows = types.flatMap((type) => [89, 91].map((days) => ({ type, data: {}, createdAt: daysAgo(days) })))
  await t.db.auditEvent.createMany({ data: rows })
  expect(await t.container.cleanup.run()).toMatchObject({ auditEvents: 4 })
  expect(await t.db.auditEvent.count({ where: { createdAt: daysAgo(91) } })).toBe(1)
  expect(await t.db.auditEvent.count({ where: { createdAt: daysAgo(89) } })).toBe(types.length)
})
