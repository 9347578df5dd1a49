import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { readJobs } from './core/jobs/queue.js'
import { appJobs } from './jobs.js'
import { createSignedInUser } from './testing/factories.js'
import { createTestApp, startTestApp, type TestApp } from './testing/test-app.js'

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

/** Enqueues every job that deletes rows, as its schedule does, and runs it. */
async function runRetention(app: TestApp = t): Promise<void> {
  const jobs = appJobs.filter(({ name, cron }) => cron !== undefined && /\.remove/.test(name))
  await app.db.$transaction(async (tx) => {
    for (const { name } of jobs) await tx.$executeRaw`SELECT graphile_worker.add_job(${name}, max_attempts => 1)`
  })
  await app.container.jobs.drain()
  expect(await readJobs(app.db, { limit: 100 })).toEqual([])
}

async function countRows() {
  const [mailTokens, registrations, sessions, apiKeys, mails, events] = await Promise.all([
    t.db.mailToken.count(),
    t.db.registration.count(),
    t.db.session.count(),
    t.db.apiKey.count(),
    t.db.outboxMail.count(),
    t.db.auditEvent.count(),
  ])
  return { mailTokens, registrations, sessions, apiKeys, mails, events }
}

it('deletes rows that ended more than 30 days ago, and none that are newer, pending, or users’ data', async () => {
  await fill(31)
  await fill(29)
  const before = await countRows()
  await runRetention()
  const after = { mailTokens: 1, registrations: 1, sessions: 1, apiKeys: 4, mails: 4, events: before.events }
  expect(await countRows()).toEqual(after)
  await runRetention()
  expect(await countRows()).toEqual(after)
  expect(await t.db.user.count()).toBe(2)
  expect(await t.db.outboxMail.count({ where: { status: 'pending' } })).toBe(2)
})

it('deletes more than one batch', async () => {
  const data = { template: 'account-exists', to: 'x@example.com', params: {}, status: 'sent' } as const
  const row = { ...data, nextAttemptAt: daysAgo(40), updatedAt: daysAgo(40) }
  await t.db.outboxMail.createMany({ data: Array.from({ length: 1_500 }, () => row) })
  await runRetention()
  expect(await t.db.outboxMail.count({ where: { to: 'x@example.com' } })).toBe(0)
})

it('S87: deletes events of anonymous callers that are older than 90 days, and no other audit events', async () => {
  const types = ['login.failed', 'login.throttled', 'register.requested', 'password.reset_requested', 'login.succeeded']
  const rows = types.flatMap((type) => [89, 91].map((days) => ({ type, data: {}, createdAt: daysAgo(days) })))
  await t.db.auditEvent.createMany({ data: rows })
  await runRetention()
  expect(await t.db.auditEvent.count({ where: { createdAt: daysAgo(91) } })).toBe(1)
  expect(await t.db.auditEvent.count({ where: { createdAt: daysAgo(89) } })).toBe(types.length)
})

it('keeps rows and audit events as long as the settings say', async () => {
  const own = await createTestApp({ environment: { RETENTION_DAYS: '2', AUDIT_DAYS: '5' } })
  const endedAt = (days: number) => new Date(own.clock.now().getTime() - days * 24 * 3600 * 1000)
  for (const days of [1, 3]) {
    const { session } = await createSignedInUser(own)
    await own.db.session.update({ where: { id: session.sessionId }, data: { revokedAt: endedAt(days) } })
  }
  const events = [4, 6].map((days) => ({ type: 'logout', data: {}, createdAt: endedAt(days) }))
  await own.db.auditEvent.createMany({ data: events })
  await runRetention(own)
  expect(await own.db.session.findMany({ select: { revokedAt: true } })).toEqual([{ revokedAt: endedAt(1) }])
  expect(await own.db.auditEvent.count({ where: { type: 'logout' } })).toBe(1)
  await own.close()
})

it('deletes the counters of rate limits whose window has passed', async () => {
  const expire = BigInt(Date.now() - 1_000)
  await t.db.rateLimit.create({ data: { key: 'passed', points: 1, expire } })
  await t.db.rateLimit.create({ data: { key: 'current', points: 1, expire: BigInt(Date.now() + 3_600_000) } })
  await runRetention()
  const where = { key: { in: ['passed', 'current'] } }
  const keys = await t.db.rateLimit.findMany({ where, select: { key: true }, orderBy: { key: 'asc' } })
  // Redis counts if it is configured, and deletes its counters itself.
  expect(keys.map(({ key }) => key)).toEqual(t.config.redisUrl === undefined ? ['current'] : ['current', 'passed'])
})
