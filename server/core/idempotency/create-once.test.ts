import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { newPerson } from '../../testing/cast.js'
import { startTestApp } from '../../testing/test-app.js'
import type { Actor } from '../actor.js'
import { NotFoundError } from '../errors.js'
import { retryAfterHeaders } from '../http/rate-limit-headers.js'
import { createOnce, removeExpiredKeys } from './create-once.js'

const t = await startTestApp()
const output = z.object({ id: z.string(), at: z.date() })

/** A caller whose requests have the key `key`. */
async function callerWith(header: string | undefined, batchSize = 1) {
  const { user } = await newPerson(t)
  let replays = 0
  const idempotency = { header, batchSize, procedure: 'things.create', markReplayed: () => void (replays += 1) }
  const origin = { requestId: 'test', ip: '192.0.2.1', userAgent: 'test' }
  const actor: Actor = { userId: user.id, role: 'user', sessionId: user.id, origin, idempotency }
  let runs = 0
  const create = (input: object = { title: 'A' }, { fails = false, until = sleep(20) } = {}) =>
    createOnce({ db: t.db, clock: t.clock }, actor, { input, output }, async (tx) => {
      runs += 1
      await tx.user.update({ where: { id: user.id }, data: { version: { increment: 1 } } })
      await until
      if (fails) throw new NotFoundError()
      return { id: `thing ${runs}`, at: new Date('2026-01-02T03:04:05.678Z'), secret: 'never stored' }
    })
  const version = async () => (await t.db.user.findUniqueOrThrow({ where: { id: user.id } })).version
  return { user, create, version, replays: () => replays, runs: () => runs }
}

describe('S45: work with an Idempotency-Key', () => {
  it('has one effect when a hundred requests run at the same time, and one answer', async () => {
    const { create, version } = await callerWith('storm')
    const outcomes = await Promise.allSettled(Array.from({ length: 100 }, () => create()))
    const answers = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
    const codes = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason.code] : []))
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
    // Without a connection in time, a request is refused like any other.
    expect([...new Set(codes)].filter((code) => code !== 'IDEMPOTENCY_IN_PROGRESS' && code !== 'P2028')).toEqual([])
    expect(await version()).toBe(2)
    expect(await create()).toEqual(answers[0])
    expect(await version()).toBe(2)
  })

  it('is refused with a time to wait while the first request runs', async () => {
    const { create, runs } = await callerWith('busy')
    let finish = () => {}
    const first = create({ title: 'A' }, { until: new Promise<void>((resolve) => (finish = resolve)) })
    await vi.waitFor(() => expect(runs()).toBe(1))
    const refusal = await create().catch((error: unknown) => error)
    expect(refusal).toMatchObject({ code: 'IDEMPOTENCY_IN_PROGRESS', retryAfterSeconds: 1 })
    expect(retryAfterHeaders([Object(refusal)])).toEqual({ 'retry-after': '1' })
    finish()
    const answer = await first
    expect(await create()).toEqual(answer)
    expect(runs()).toBe(1)
  })

  it('gives the first answer again, with its types, and says so', async () => {
    const { create, replays, runs } = await callerWith('twice')
    const first = await create()
    expect(replays()).toBe(0)
    expect(await create()).toEqual(first)
    expect([replays(), runs(), first.at]).toEqual([1, 1, new Date('2026-01-02T03:04:05.678Z')])
  })

  it('stores what the procedure returns and no more', async () => {
    const { create, user } = await callerWith('lean')
    await create()
    const { answer } = await t.db.idempotencyKey.findFirstOrThrow({ where: { actorId: user.id } })
    expect(answer).toContain('thing 1')
    expect(answer).not.toContain('never stored')
  })

  it('may use the key again after a failure, which left nothing', async () => {
    const { create, version, runs } = await callerWith('failed')
    await expect(create({ title: 'A' }, { fails: true })).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(await version()).toBe(1)
    expect(await create({ title: 'B' })).toMatchObject({ id: 'thing 2' })
    expect(runs()).toBe(2)
  })

  it('is refused if the answer was given by a version whose answers had another form', async () => {
    const { create, user } = await callerWith('old')
    await create()
    await t.db.idempotencyKey.updateMany({ where: { actorId: user.id }, data: { answer: '{"json":{"id":7}}' } })
    await expect(create()).rejects.toMatchObject({ code: 'CONFLICT' })
  })

  it('runs again after 24 hours, and the key is deleted then', async () => {
    const { create, runs, user } = await callerWith('day')
    await create()
    t.clock.advance(24 * 3600 + 1)
    await create()
    expect(runs()).toBe(2)
    t.clock.advance(24 * 3600 + 1)
    expect(await removeExpiredKeys({ db: t.db }, t.clock.now())).toBeGreaterThan(0)
    expect(await t.db.idempotencyKey.count({ where: { actorId: user.id } })).toBe(0)
  })

  it.each(['', 'with space', 'with\ttab', 'é', 'x'.repeat(256)])(
    'is refused if the key is malformed: %j',
    async (key) => {
      const { create, runs } = await callerWith(key)
      await expect(create()).rejects.toMatchObject({ code: 'BAD_REQUEST' })
      expect(runs()).toBe(0)
    },
  )

  it('may have a key of 255 characters', async () => {
    const { create } = await callerWith('~'.repeat(255))
    await expect(create()).resolves.toMatchObject({ id: 'thing 1' })
  })

  it('is refused in a batch, whose other calls work', async () => {
    const { create } = await callerWith('batch', 2)
    await expect(create()).rejects.toMatchObject({ code: 'BAD_REQUEST' })
    const without = await callerWith(undefined, 2)
    await expect(without.create()).resolves.toMatchObject({ id: 'thing 1' })
  })

  it('runs each time without a key', async () => {
    const { create, runs } = await callerWith(undefined)
    await create()
    await create()
    expect(runs()).toBe(2)
  })
})
