import { beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { defineJob } from '../../core/jobs/job.js'
import { enqueueJob } from '../../core/jobs/queue.js'
import { errorOf } from '../../testing/errors.js'
import { createFailedJob, createSignedInUser } from '../../testing/factories.js'
import { startTestApp } from '../../testing/test-app.js'

type Person = Awaited<ReturnType<typeof createSignedInUser>>

const t = await startTestApp()
let admin: Person
let user: Person

beforeAll(async () => {
  admin = await createSignedInUser(t, { role: 'admin' })
  user = await createSignedInUser(t)
})

const as = (person?: Person) => t.client(person?.session).jobs

const waiting = defineJob({
  name: 'tests.wait',
  summary: 'Wait for a worker that knows this job',
  input: z.strictObject({ address: z.string() }),
  attempts: 3,
  run: async () => {},
})

async function createWaitingJob() {
  await t.db.$transaction((tx) => enqueueJob(tx, waiting, { address: 'ada@example.com' }))
  const [job] = (await as(admin).list.query({ name: waiting.name, limit: 1 })).items
  if (!job) throw new Error('The job is not listed.')
  return job
}

function eventsOf(type: string, jobId: string) {
  return t.db.auditEvent.findMany({ where: { type, data: { path: ['jobId'], equals: jobId } } })
}

describe('jobs.list', () => {
  test('shows which jobs have failed and why, without their input', async () => {
    const { id } = await createFailedJob(t)
    const { items } = await as(admin).list.query({ status: 'failed', name: 'tests.fail', limit: 100 })
    expect(items.find((item) => item.id === id)).toEqual({
      id,
      name: 'tests.fail',
      status: 'failed',
      attempts: 1,
      maxAttempts: 1,
      runAt: expect.any(Date),
      startedAt: null,
      lastError: 'no luck',
      createdAt: expect.any(Date),
    })
  })

  test('shows waiting jobs by their name, also those that no worker knows', async () => {
    const job = await createWaitingJob()
    expect(job).toMatchObject({ name: 'tests.wait', status: 'waiting', attempts: 0, lastError: null })
    expect(JSON.stringify(job)).not.toContain('ada@example.com')
    expect((await as(admin).list.query({ status: 'failed', name: 'tests.wait' })).items).toEqual([])
    expect((await as(admin).list.query({ status: 'running' })).items).toEqual([])
  })

  test('continues from a cursor, which is only valid for its filter', async () => {
    for (let count = 0; count < 3; count++) await createFailedJob(t)
    const first = await as(admin).list.query({ status: 'failed', limit: 2 })
    const cursor = first.meta.nextCursor ?? ''
    const second = await as(admin).list.query({ status: 'failed', limit: 2, cursor })
    const ids = [...first.items, ...second.items].map(({ id }) => id)
    expect(ids.length).toBeGreaterThan(2)
    expect(ids).toEqual([...new Set(ids)].toSorted((a, b) => Number(b) - Number(a)))
    expect((await errorOf(as(admin).list.query({ status: 'waiting', cursor }))).code).toBe('BAD_REQUEST')
  })

  test('rejects anonymous callers, users and an unknown status', async () => {
    expect((await errorOf(as().list.query({}))).code).toBe('UNAUTHORIZED')
    expect((await errorOf(as(user).list.query({}))).code).toBe('FORBIDDEN')
    // @ts-expect-error What comes over the wire has no types.
    expect((await errorOf(as(admin).list.query({ status: 'odd' }))).code).toBe('VALIDATION_ERROR')
  })
})

describe('jobs.retry', () => {
  test('lets a failed job run again, and records it', async () => {
    const { id } = await createFailedJob(t)
    const { status, body } = await t.rest(admin.session)('POST', `/jobs/${id}/retry`)
    expect(status).toBe(202)
    expect(body).toMatchObject({ data: { id, status: 'waiting', attempts: 0 } })
    expect(await eventsOf('job.retried', id)).toMatchObject([
      { actorId: admin.user.id, data: { jobId: id, name: 'tests.fail' } },
    ])
  })

  test('rejects a job that waits, and an unknown one', async () => {
    const { id } = await createWaitingJob()
    expect((await errorOf(as(admin).retry.mutate({ id }))).code).toBe('CONFLICT')
    expect((await errorOf(as(admin).retry.mutate({ id: '999999999999999999' }))).code).toBe('NOT_FOUND')
    for (const wrong of ['x', '0', '-1', '1.5', '9999999999999999999', ''])
      expect((await errorOf(as(admin).retry.mutate({ id: wrong }))).code).toBe('VALIDATION_ERROR')
  })

  test('is done once by several admins at once', async () => {
    const { id } = await createFailedJob(t)
    const outcomes = await Promise.allSettled(Array.from({ length: 5 }, () => as(admin).retry.mutate({ id })))
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(await eventsOf('job.retried', id)).toHaveLength(1)
  })

  test('rejects anonymous callers and users', async () => {
    const { id } = await createFailedJob(t)
    expect((await errorOf(as().retry.mutate({ id }))).code).toBe('UNAUTHORIZED')
    expect((await errorOf(as(user).retry.mutate({ id }))).code).toBe('FORBIDDEN')
  })
})

describe('jobs.discard', () => {
  test('deletes a failed job, and records it', async () => {
    const { id } = await createFailedJob(t)
    expect((await t.rest(admin.session)('DELETE', `/jobs/${id}`)).status).toBe(204)
    expect((await errorOf(as(admin).discard.mutate({ id }))).code).toBe('NOT_FOUND')
    expect(await eventsOf('job.discarded', id)).toMatchObject([
      { actorId: admin.user.id, data: { jobId: id, name: 'tests.fail' } },
    ])
  })

  test('is done once by several admins at once', async () => {
    const { id } = await createFailedJob(t)
    const outcomes = await Promise.allSettled(Array.from({ length: 5 }, () => as(admin).discard.mutate({ id })))
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(await eventsOf('job.discarded', id)).toHaveLength(1)
  })

  test('rejects a job that waits, and callers who are no admins', async () => {
    const { id } = await createWaitingJob()
    expect((await errorOf(as(admin).discard.mutate({ id }))).code).toBe('CONFLICT')
    expect((await errorOf(as().discard.mutate({ id }))).code).toBe('UNAUTHORIZED')
    expect((await errorOf(as(user).discard.mutate({ id }))).code).toBe('FORBIDDEN')
    expect((await as(admin).list.query({ name: 'tests.wait', limit: 1 })).items).toMatchObject([{ id }])
  })
})
