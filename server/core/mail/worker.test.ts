import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { AccountMail } from '../../features/auth/mail-templates.js'
import { consumeMailToken, revokeTokensAndUnsentMails } from '../../features/auth/mail-tokens.js'
import { createCutProxy } from '../../testing/cut-proxy.js'
import { createMailLab, type MailLab } from '../../testing/mail-lab.js'
import { enqueueMail } from './outbox.js'

let lab: MailLab

beforeAll(async () => {
  lab = await createMailLab()
})

afterAll(() => lab.close())

beforeEach(async () => {
  await lab.db.outboxMail.deleteMany({})
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
    expect(await lab.worker().drain()).toBe(0)
    expect(mailer.mails).toEqual([])
  })

  it('S46: contains no token before or after a mail is sent, although the mail has one', async () => {
    const { db, clock, mailer } = lab
    await enqueueReset()
    await lab.worker().drain()
    const token = mailer.linkTokenOf(mailer.mails[0])
    const rows = await db.$queryRaw<{ dump: string }[]>`
      SELECT (SELECT string_agg(o::text, '') FROM "OutboxMail" o) || (SELECT string_agg(t::text, '') FROM "MailToken" t) AS dump`
    expect(rows[0]?.dump).not.toContain(token)
    expect(
      await db.$transaction((tx) => consumeMailToken(tx, { token, kinds: ['reset'], now: clock.now() })),
    ).toMatchObject({ kind: 'reset' })
  })

  it('S46: sends a mail again if the worker is killed between sending and marking, with the same id and the same link', async () => {
    const { db, clock, mailer } = lab
    await enqueueReset()
    await expect(lab.worker({ db: failingToMark() }).drain()).rejects.toThrow('the worker died')
    expect(await lab.worker().drain()).toBe(0)
    clock.advance(60)
    expect(await lab.worker().drain()).toBe(1)
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
    const workers = [lab.worker(), lab.worker(), lab.worker()]
    const counts = await Promise.all(workers.map((worker) => worker.drain()))
    expect(counts.reduce((sum, count) => sum + count)).toBe(30)
    expect(new Set(mailer.mails.map(({ id }) => id)).size).toBe(30)
    expect(mailer.mails).toHaveLength(30)
  })

  it('sends a mail within a second of its commit, and waiting mails at the start', async () => {
    const { mailer } = lab
    await enqueue(notice())
    const worker = lab.worker()
    worker.start()
    await expect.poll(() => mailer.mails.length, { timeout: 2_000 }).toBe(1)
    // The worker listens by now, so the next mail is found by notification and not by polling.
    await new Promise((resolve) => setTimeout(resolve, 300))
    await enqueue(notice())
    await expect.poll(() => mailer.mails.length, { timeout: 1_000 }).toBe(2)
    await worker.stop()
  })

  it('S43: listens again after its connection is lost', async () => {
    const { mailer } = lab
    const proxy = await createCutProxy(lab.url)
    const worker = lab.worker({ databaseUrl: proxy.url })
    worker.start()
    await new Promise((resolve) => setTimeout(resolve, 300))
    proxy.cut('refused')
    await enqueue(notice())
    proxy.restore()
    await expect.poll(() => mailer.mails.length, { timeout: 3_000 }).toBe(1)
    await worker.stop()
    await proxy.close()
  })

  it('S41: stops while the network drops all packets of its connection', async () => {
    const proxy = await createCutProxy(lab.url)
    const worker = lab.worker({ databaseUrl: proxy.url })
    worker.start()
    await new Promise((resolve) => setTimeout(resolve, 300))
    proxy.cut('stalled')
    const outcome = await Promise.race([
      worker.stop().then(() => 'stopped'),
      new Promise((resolve) => setTimeout(resolve, 10_000, 'waits')),
    ])
    expect(outcome).toBe('stopped')
    await proxy.close()
  }, 15_000)

  it('waits for the current mail when it stops, and leaves the others', async () => {
    for (let count = 0; count < 10; count++) await enqueue(notice())
    const slow = slowMailer()
    const worker = lab.worker({ mailer: slow })
    worker.start()
    await expect.poll(() => slow.started).toBeGreaterThan(0)
    await worker.stop()
    expect(slow.finished).toBe(slow.started)
    expect((await statuses()).filter((status) => status === 'sent')).toHaveLength(slow.finished)
  })
})

describe('a mail that cannot be sent', () => {
  it('is retried after increasing delays, then marked as dead with the reason', async () => {
    const { clock, mailer, db } = lab
    await enqueueReset()
    mailer.failNext(6, new Error('550 mailbox full'))
    const worker = lab.worker()
    for (const wait of [30, 120, 600, 3600, 6 * 3600]) {
      expect(await worker.drain()).toBe(1)
      clock.advance(wait - 1)
      expect(await worker.drain()).toBe(0)
      clock.advance(1)
    }
    expect(await worker.drain()).toBe(1)
    const [row] = await db.outboxMail.findMany()
    expect(row).toMatchObject({ status: 'dead', attempts: 6, lastError: '550 mailbox full', sentAt: null })
    expect(mailer.mails).toEqual([])
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
    expect(row?.lastError).toContain('554 refused')
    expect(token).toHaveLength(43)
    expect(JSON.stringify(row)).not.toContain(token)
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
    clock.advance(30)
    expect(await lab.worker().drain()).toBe(1)
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
    for (const wait of [30, 120, 600, 3600]) {
      await lab.worker().drain()
      clock.advance(wait)
    }
    await lab.worker().drain()
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
    expect(await lab.worker().drain()).toBe(0)
  })

  it('is dead if there is no such template', async () => {
    const { db, clock } = lab
    await db.outboxMail.create({ data: { template: 'odd', to: 'a@b.example', params: {}, nextAttemptAt: clock.now() } })
    expect(await lab.worker().drain()).toBe(1)
    expect(await statuses()).toEqual(['dead'])
  })
})

function notice() {
  return { template: 'password-changed', to: `${randomUUID()}@example.com`, params: { name: 'Ada' } } as const
}

function enqueue(mail: AccountMail): Promise<void> {
  return lab.db.$transaction((tx) => enqueueMail(tx, lab.clock, mail))
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

function slowMailer() {
  return {
    started: 0,
    finished: 0,
    async send() {
      this.started++
      await new Promise((resolve) => setTimeout(resolve, 200))
      this.finished++
    },
    close() {},
  }
}
