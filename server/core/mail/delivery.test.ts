import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { AccountMail } from '../../features/auth/mail-templates.js'
import { consumeMailToken, revokeTokensAndUnsentMails } from '../../features/auth/mail-tokens.js'
import { createMailLab, type MailLab } from '../../testing/mail-lab.js'
import { enqueueJob, readJobs, retryFailedJob } from '../jobs/queue.js'
import { enqueueMail, outboxJobs } from './outbox.js'

let lab: MailLab

beforeAll(async () => {
  lab = await createMailLab()
})

afterAll(() => lab.close())

beforeEach(async () => {
  await lab.db.outboxMail.deleteMany({})
  await lab.db.$executeRaw`DELETE FROM graphile_worker._private_jobs`
  lab.mailer.mails.length = 0
})

describe('the outbox', () => {
  it('S46: sends nothing for a transaction that was rolled back', async () => {
    const { db, clock, mailer } = lab
    const work = db.$transaction(async (tx) => {
      await enqueueMail(tx, clock, notice())
      throw new Error('rolled back')
    })
    await expect(work).rejects.toThrow('rolled back')
    await lab.worker().drain()
    expect(mailer.mails).toEqual([])
    expect(await readJobs(db, { limit: 1 })).toEqual([])
  })

  it('S46: contains no token before or after a mail is sent, although the mail has one', async () => {
    const { db, clock, mailer } = lab
    await enqueueReset()
    mailer.failNext(1)
    await lab.worker().drain()
    const [queue] = await db.$queryRaw<{ jobs: string }[]>`
      SELECT string_agg(j::text, '') AS jobs FROM graphile_worker._private_jobs j`
    await lab.retry(lab.worker())
    const token = mailer.linkTokenOf(mailer.mails[0])
    const rows = await db.$queryRaw<{ dump: string }[]>`
      SELECT (SELECT string_agg(o::text, '') FROM "OutboxMail" o) || (SELECT string_agg(t::text, '') FROM "MailToken" t) AS dump`
    expect(queue?.jobs).toContain('mailId')
    expect(`${queue?.jobs}${rows[0]?.dump}`).not.toContain(token)
    expect(
      await db.$transaction((tx) => consumeMailToken(tx, { token, kinds: ['reset'], now: clock.now() })),
    ).toMatchObject({ kind: 'reset' })
  })

  it('S46: sends a mail again if the worker is killed between sending and marking, with the same id and the same link', async () => {
    const { db, clock, mailer } = lab
    await enqueueReset()
    await lab.worker({ db: failingToMark() }).drain()
    expect(await statuses()).toEqual(['pending'])
    await lab.retry(lab.worker())
    const [first, second] = mailer.mails
    expect(mailer.mails).toHaveLength(2)
    expect(second?.messageId).toBe(first?.messageId)
    const token = mailer.linkTokenOf(first)
    expect(mailer.linkTokenOf(second)).toBe(token)
    const uses = await Promise.all(
      Array.from({ length: 20 }, () =>
        db.$transaction((tx) => consumeMailToken(tx, { token, kinds: ['reset'], now: clock.now() })),
      ),
    )
    expect(uses.filter(Boolean)).toHaveLength(1)
    expect(await statuses()).toEqual(['sent'])
  })

  it('S46: never lets two workers send one mail', async () => {
    const { db, clock, mailer } = lab
    await db.$transaction(async (tx) => {
      for (let count = 0; count < 30; count++) await enqueueMail(tx, clock, notice())
    })
    await Promise.all([lab.worker(), lab.worker(), lab.worker()].map((worker) => worker.drain()))
    expect(new Set(mailer.mails.map(({ id }) => id)).size).toBe(30)
    expect(mailer.mails).toHaveLength(30)
  })

  it('S46: remains sent if another worker has sent it while this one failed', async () => {
    const { db } = lab
    await enqueueReset()
    const overtaken = {
      async send() {
        await db.outboxMail.updateMany({ data: { status: 'sent', sentAt: lab.clock.now() } })
        throw new Error('421 try again')
      },
      close() {},
    }
    await lab.worker({ mailer: overtaken }).drain()
    expect(await db.outboxMail.findMany()).toMatchObject([{ status: 'sent', lastError: null }])
  })

  it('adds a job without effect if there is no mail, and no second mail with a known id', async () => {
    const { db, clock, mailer } = lab
    const id = randomUUID()
    await db.$transaction((tx) => enqueueMail(tx, clock, null))
    expect(await readJobs(db, { limit: 5 })).toMatchObject([{ name: 'mail.send', status: 'waiting' }])
    for (let count = 0; count < 2; count++) {
      await db.$transaction((tx) => enqueueMail(tx, clock, { id, ...notice() }))
      await lab.worker().drain()
    }
    expect(mailer.mails.map((mail) => mail.id)).toEqual([id])
    expect(await readJobs(db, { limit: 5 })).toEqual([])
  })

  it('S48: sends mails that a release without jobs has written or begun, and leaves those to it that it is sending', async () => {
    const { db, clock, mailer } = lab
    const soon = new Date(clock.now().getTime() + 30_000)
    const row = (nextAttemptAt: Date, attempts = 0) => ({ ...notice(), nextAttemptAt, attempts })
    await db.outboxMail.createMany({ data: [row(clock.now()), row(clock.now(), 3), row(soon, 1)] })
    await adopt()
    expect(mailer.mails).toHaveLength(2)
    await adopt()
    expect(mailer.mails).toHaveLength(2)
    // It was killed while sending, and its lease has ended.
    clock.advance(31)
    await adopt()
    expect(mailer.mails).toHaveLength(3)
    expect(await statuses()).toEqual(['sent', 'sent', 'sent'])
  })

  it('S48: keeps its mails from workers of such a release for an hour, after which they send them if it is deployed again', async () => {
    const { db, clock } = lab
    const due = async () => db.outboxMail.count({ where: { status: 'pending', nextAttemptAt: { lte: clock.now() } } })
    await enqueue(notice())
    clock.advance(3_599)
    expect(await due()).toBe(0)
    clock.advance(2)
    expect(await due()).toBe(1)
  })
})

describe('a mail that cannot be sent', () => {
  it('is retried, then marked as dead with the reason, beside its failed job', async () => {
    const { mailer, db } = lab
    await enqueueReset()
    mailer.failNext(11, new Error('550 mailbox full'))
    const worker = lab.worker()
    await worker.drain()
    for (let attempt = 2; attempt <= 11; attempt++) {
      expect(await db.outboxMail.findMany()).toMatchObject([{ status: 'pending', attempts: attempt - 1 }])
      await lab.retry(worker)
    }
    const failed = { attempts: 11, lastError: '550 mailbox full' }
    expect(await db.outboxMail.findMany()).toMatchObject([{ ...failed, status: 'dead', sentAt: null }])
    expect(await readJobs(db, { limit: 5 })).toMatchObject([{ ...failed, name: 'mail.send', status: 'failed' }])
    expect(mailer.mails).toEqual([])
  })

  it('is sent if its failed job is retried', async () => {
    const { mailer, db } = lab
    await enqueueReset()
    mailer.failNext(11)
    await lab.worker().drain()
    for (let attempt = 2; attempt <= 11; attempt++) await lab.retry(lab.worker())
    const [job] = await readJobs(db, { limit: 1 })
    await db.$transaction((tx) => retryFailedJob(tx, job?.id ?? ''))
    await lab.worker().drain()
    expect(await statuses()).toEqual(['sent'])
  })

  it('S39: does not store its token in the reason', async () => {
    const { db, mailer } = lab
    await enqueueReset()
    let token = ''
    const quoting = {
      async send(message: Parameters<typeof mailer.send>[0]) {
        token = mailer.linkTokenOf(message)
        throw new Error(`554 refused: ${message.text}`)
      },
      close() {},
    }
    await lab.worker({ mailer: quoting }).drain()
    const [row] = await db.outboxMail.findMany()
    const [job] = await readJobs(db, { limit: 1 })
    expect([row?.lastError, job?.lastError]).toEqual(Array(2).fill(expect.stringContaining('554 refused')))
    expect(token).toHaveLength(43)
    expect(JSON.stringify([row, job])).not.toContain(token)
  })
})

describe('an outdated mail', () => {
  it('is not sent when its registration is gone', async () => {
    const { db, mailer } = lab
    const registration = await lab.createRegistration()
    const { id: registrationId, name } = registration
    await enqueue({ template: 'verification', to: registration.email, params: { registrationId, name } })
    await db.registration.delete({ where: { id: registrationId } })
    await lab.worker().drain()
    expect(mailer.mails).toEqual([])
    expect(await statuses()).toEqual(['dead'])
  })

  it('is not sent when its user was deleted', async () => {
    const { db, clock, mailer } = lab
    const user = await enqueueReset()
    await db.user.update({ where: { id: user.id }, data: { deletedAt: clock.now() } })
    await lab.worker().drain()
    expect(mailer.mails).toEqual([])
  })

  it('S22: is not sent if its link was revoked before', async () => {
    const { db, clock, mailer } = lab
    const user = await enqueueReset()
    await enqueueReset(user)
    await db.outboxMail.updateMany({ where: { to: user.email }, data: { status: 'dead' }, limit: 1 })
    await db.$transaction((tx) => revokeTokensAndUnsentMails(tx, { userId: user.id, now: clock.now() }))
    await lab.worker().drain()
    expect(mailer.mails).toEqual([])
    expect(await statuses()).toEqual([])
  })

  it('S22: two mails of one account contain the same link, in any order', async () => {
    const { db, clock, mailer } = lab
    const user = await enqueueReset()
    mailer.failNext(1)
    await lab.worker().drain()
    await enqueueReset(user)
    await lab.worker().drain()
    await lab.retry(lab.worker())
    expect(mailer.mails).toHaveLength(2)
    const [token, again] = mailer.mails.map((mail) => mailer.linkTokenOf(mail))
    expect(again).toBe(token)
    expect(
      await db.$transaction((tx) => consumeMailToken(tx, { token: token ?? '', kinds: ['reset'], now: clock.now() })),
    ).toMatchObject({
      userId: user.id,
    })
  })

  it('S22: a mail that waited for longer than a link is valid contains a valid link', async () => {
    const { db, clock, mailer } = lab
    const user = await enqueueReset()
    mailer.failNext(4)
    for (const wait of [30, 120, 600, 3600, 0]) {
      await lab.retry(lab.worker())
      clock.advance(wait)
    }
    const token = mailer.linkTokenOf(mailer.mails[0])
    const now = new Date(clock.now().getTime() + 29 * 60_000)
    const consumed = await db.$transaction((tx) => consumeMailToken(tx, { token, kinds: ['reset'], now }))
    expect(consumed).toMatchObject({ userId: user.id })
  })

  it('S22: two mails that are sent at the same time contain the same link', async () => {
    const { mailer } = lab
    const user = await enqueueReset()
    for (let count = 0; count < 5; count += 1) await enqueueReset(user)
    await Promise.all([lab.worker().drain(), lab.worker().drain(), lab.worker().drain()])
    expect(mailer.mails).toHaveLength(6)
    expect(new Set(mailer.mails.map((mail) => mailer.linkTokenOf(mail))).size).toBe(1)
  })

  it.each([
    ['was disabled', { disabledAt: new Date() }],
    ['has another address now', { email: `moved-${randomUUID()}@example.com` }],
  ])('is not sent if its user %s', async (_state, data) => {
    const { db, mailer } = lab
    const user = await enqueueReset()
    await db.user.update({ where: { id: user.id }, data })
    await lab.worker().drain()
    expect(mailer.mails).toEqual([])
    expect(await statuses()).toEqual(['dead'])
  })

  it('S22: has no valid link if the link is revoked while the mail is being sent', async () => {
    const { db, clock, mailer } = lab
    const user = await enqueueReset()
    const calling = {
      async send(message: Parameters<typeof mailer.send>[0]) {
        await db.$transaction((tx) => revokeTokensAndUnsentMails(tx, { userId: user.id, now: clock.now() }))
        await mailer.send(message)
      },
      close() {},
    }
    await lab.worker({ mailer: calling }).drain()
    const token = mailer.linkTokenOf(mailer.mails[0])
    expect(
      await db.$transaction((tx) => consumeMailToken(tx, { token, kinds: ['reset'], now: clock.now() })),
    ).toBeNull()
    expect(await statuses()).toEqual([])
  })

  it('is dead if there is no such template', async () => {
    const { db, clock } = lab
    await db.$transaction((tx) => enqueueMail(tx, clock, { template: 'odd', to: 'a@b.example', params: {} }))
    await lab.worker().drain()
    expect(await statuses()).toEqual(['dead'])
  })
})

function notice() {
  return { template: 'password-changed', to: `${randomUUID()}@example.com`, params: { name: 'Ada' } } as const
}

function enqueue(mail: AccountMail): Promise<void> {
  return lab.db.$transaction((tx) => enqueueMail(tx, lab.clock, mail))
}

/** Runs the job that looks for mails without a job, and what it has enqueued. */
async function adopt(): Promise<void> {
  const job = outboxJobs.find(({ name }) => name === 'mail.adopt')
  if (!job) throw new Error('There is no such job.')
  await lab.db.$transaction((tx) => enqueueJob(tx, job, {}))
  await lab.worker().drain()
}

async function enqueueReset(known?: { id: string; email: string; name: string }) {
  const user = known ?? (await lab.createUser())
  const { id: userId, name, email: to } = user
  await enqueue({ template: 'password-reset', to, params: { userId, name } })
  return user
}

async function statuses(): Promise<string[]> {
  return (await lab.db.outboxMail.findMany({ select: { status: true } })).map(({ status }) => status)
}

/** The database as seen by a worker that is killed before it marks the mail as sent. */
function failingToMark(): MailLab['db'] {
  const outboxMail = new Proxy(lab.db.outboxMail, {
    get: (target, name) =>
      name === 'updateMany' ? () => Promise.reject(new Error('the worker died')) : Reflect.get(target, name),
  })
  return new Proxy(lab.db, { get: (target, name) => (name === 'outboxMail' ? outboxMail : Reflect.get(target, name)) })
}
