import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createJobLab, type JobLab } from '../../testing/job-lab.js'
import { labJobs, type Verb } from '../../testing/lab-jobs.js'
import { enqueueJob, readJob, readJobs, readQueueState, removeFailedJobs } from './queue.js'

let lab: JobLab
const ran: string[] = []
const note: Verb = async ({ text }) => void ran.push(text)

beforeAll(async () => {
  lab = await createJobLab()
})
afterAll(() => lab.close())
beforeEach(async () => {
  ran.length = 0
  await lab.query('DELETE FROM graphile_worker._private_jobs')
})

const enqueue = (text: string, options?: { runAt: Date }) =>
  lab.db.$transaction((tx) => enqueueJob(tx, labJobs.work, { text }, options))
const names = async () => (await readJobs(lab.db, { limit: 10 })).map(({ name, status }) => `${name} ${status}`)

describe('a job', () => {
  it('S46: runs if its transaction commits, and leaves nothing if it is rolled back', async () => {
    await enqueue('committed')
    const work = lab.db.$transaction(async (tx) => {
      await enqueueJob(tx, labJobs.work, { text: 'rolled back' })
      throw new Error('rolled back')
    })
    await expect(work).rejects.toThrow('rolled back')
    expect(await names()).toEqual(['lab.work waiting'])
    await lab.worker({ verb: note }).drain()
    expect(ran).toEqual(['committed'])
    expect(await names()).toEqual([])
  })

  it('is not enqueued with an input that does not fit, which rolls the transaction back', async () => {
    // @ts-expect-error The compiler finds it, too.
    const work = lab.db.$transaction((tx) => enqueueJob(tx, labJobs.work, { text: 1 }))
    await expect(work).rejects.toThrow('Must be a string.')
    expect(await names()).toEqual([])
  })

  it('waits for its time', async () => {
    await enqueue('later', { runAt: new Date(Date.now() + 3_600_000) })
    await lab.worker({ verb: note }).drain()
    expect(ran).toEqual([])
    await lab.hurry()
    await lab.worker({ verb: note }).drain()
    expect(ran).toEqual(['later'])
  })

  it('is retried after growing pauses, then stays visible as failed with the reason', async () => {
    await enqueue('fails')
    const attempts: string[] = []
    const worker = lab.worker({
      verb: async (_input, { attempt, isLastAttempt }) => {
        attempts.push(`${attempt}${isLastAttempt ? ', the last' : ''}`)
        throw new Error('no luck \u0000\ud800 today\nat all')
      },
    })
    const pauses: number[] = []
    for (const status of ['waiting', 'waiting', 'failed']) {
      await worker.drain()
      const [job] = await readJobs(lab.db, { limit: 1 })
      expect(job).toMatchObject({ status, lastError: 'no luck today at all', startedAt: null, maxAttempts: 3 })
      const [row] = await lab.query('SELECT extract(epoch FROM run_at - now())::float8 AS s FROM graphile_worker.jobs')
      pauses.push(row.s)
      if (status === 'waiting') await lab.hurry()
    }
    expect(attempts).toEqual(['1', '2', '3, the last'])
    expect(pauses).toEqual(pauses.toSorted((a, b) => a - b))
    await lab.hurry()
    await worker.drain()
    expect(attempts).toHaveLength(3)
  })

  it('fails with the names of the wrong fields, and without their values, if its payload does not fit', async () => {
    await lab.query(`SELECT graphile_worker.add_job('lab.work', '{"text": 7, "other": "secret"}', max_attempts => 1)`)
    await lab.query(`SELECT graphile_worker.add_job('lab.work', '[1]', max_attempts => 1)`)
    await lab.worker({ verb: note }).drain()
    const jobs = await readJobs(lab.db, { status: 'failed', limit: 10 })
    expect(jobs.map(({ lastError }) => lastError)).toEqual([
      'The input of the job is invalid: the whole (invalid_type)',
      'The input of the job is invalid: text (invalid_type), the whole (unrecognized_keys)',
    ])
    expect(ran).toEqual([])
  })
})

describe('a unique job', () => {
  const add = (text: string, remark: string) =>
    lab.db.$transaction((tx) => enqueueJob(tx, labJobs.single, { text, note: remark }))

  it('exists once while it waits, with the newest input', async () => {
    const remarks: unknown[] = []
    await Promise.all(Array.from({ length: 10 }, () => add('a', 'old')))
    await add('a', 'new')
    await add('b', 'other')
    await lab.worker({ verb: async (input) => void remarks.push(input) }).drain()
    expect(remarks).toEqual([
      { text: 'a', note: 'new' },
      { text: 'b', note: 'other' },
    ])
  })

  it('can be added again when it has begun', async () => {
    await add('a', 'first')
    await lab
      .worker({
        verb: async (input) => {
          ran.push(JSON.stringify(input))
          if (ran.length === 1) await add('a', 'second')
        },
      })
      .drain()
    expect(ran).toEqual(['{"text":"a","note":"first"}', '{"text":"a","note":"second"}'])
  })
})

describe('the state of the queue', () => {
  it('counts what waits, runs and has failed, and knows how long the oldest has waited', async () => {
    expect(await readQueueState(lab.db)).toEqual({ waiting: 0, running: 0, failed: 0, oldestWaitingSeconds: 0 })
    for (const text of ['1', '2', '3']) await enqueue(text)
    await enqueue('later', { runAt: new Date(Date.now() + 3_600_000) })
    await lab.query(
      `UPDATE graphile_worker._private_jobs SET run_at = now() - interval '1 hour' WHERE payload ->> 'text' = '1'`,
    )
    await lab.query(`UPDATE graphile_worker._private_jobs SET attempts = 3 WHERE payload ->> 'text' = '2'`)
    const state = await readQueueState(lab.db)
    expect(state).toMatchObject({ waiting: 2, running: 0, failed: 1 })
    expect(Math.round(state.oldestWaitingSeconds / 60)).toBe(60)
  })

  it('forgets jobs that failed long ago, and no others', async () => {
    for (const text of ['old', 'new', 'waiting']) await enqueue(text)
    await lab.query(`UPDATE graphile_worker._private_jobs SET attempts = 3 WHERE payload ->> 'text' IN ('old', 'new')`)
    await lab.query(
      `UPDATE graphile_worker._private_jobs SET run_at = now() - interval '2 days' WHERE payload ->> 'text' <> 'new'`,
    )
    const before = new Date(Date.now() - 24 * 3_600_000)
    expect(await removeFailedJobs(lab.db, { before, limit: 10 })).toBe(1)
    expect(await removeFailedJobs(lab.db, { before, limit: 10 })).toBe(0)
    expect(await names()).toEqual(['lab.work waiting', 'lab.work failed'])
  })

  it('finds a job by its id, and none that is gone', async () => {
    await enqueue('one')
    const [job] = await readJobs(lab.db, { limit: 1 })
    expect(await readJob(lab.db, job?.id ?? '')).toEqual(job)
    expect(await readJob(lab.db, '999999999999999999')).toBeNull()
    await lab.worker({ verb: note }).drain()
    expect(await readJob(lab.db, job?.id ?? '')).toBeNull()
  })
})
