import { setTimeout as sleep } from 'node:timers/promises'
import { pino } from 'pino'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { createCutProxy } from '../../testing/cut-proxy.js'
import { createJobLab, type JobLab } from '../../testing/job-lab.js'
import { runJobStorm } from '../../testing/job-storm.js'
import { type LabServices, labJobs, type Verb } from '../../testing/lab-jobs.js'
import { defineJob } from './job.js'
import { enqueueJob, readJobs } from './queue.js'

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

const patient = { timeout: 20_000 }
const enqueue = (text: string) => lab.db.$transaction((tx) => enqueueJob(tx, labJobs.work, { text }))
const statuses = async () => (await readJobs(lab.db, { limit: 20 })).map(({ status }) => status)

/** A verb that waits until the test lets it end. */
function heldVerb() {
  let end = () => {}
  const ended = new Promise<void>((resolve) => {
    end = resolve
  })
  const verb: Verb = async ({ text }) => {
    ran.push(`begin ${text}`)
    await ended
    ran.push(`end ${text}`)
  }
  return { verb, end }
}

describe('a worker', () => {
  it('runs jobs that wait at its start, and is notified of new ones', async () => {
    await enqueue('early')
    lab.worker({ verb: note, times: { poll: 3_600_000 } }).start()
    await expect.poll(() => ran, patient).toEqual(['early'])
    await sleep(500)
    await enqueue('late')
    await expect.poll(() => ran, patient).toEqual(['early', 'late'])
    await expect.poll(statuses, patient).toEqual([])
  })

  it('starts when the database and its schema are there', async () => {
    const proxy = await createCutProxy(lab.url)
    proxy.cut('refused')
    await lab.query('ALTER SCHEMA graphile_worker RENAME TO elsewhere')
    lab.worker({ verb: note, databaseUrl: proxy.url }).start()
    await sleep(500)
    proxy.restore()
    await sleep(1_500)
    await lab.query('ALTER SCHEMA elsewhere RENAME TO graphile_worker')
    await enqueue('at last')
    await expect.poll(() => ran, patient).toEqual(['at last'])
    await proxy.close()
  })

  it('leaves jobs that it does not know to workers of other releases', async () => {
    const unknown = defineJob({
      name: 'lab.newer',
      summary: 'A job of the next release',
      input: z.strictObject({}),
      attempts: 1,
      run: async ({ verb }: LabServices, _input, run) => verb({ text: 'newer' }, run),
    })
    const older = lab.worker({ verb: note })
    older.start()
    await lab.db.$transaction((tx) => enqueueJob(tx, unknown, {}))
    await enqueue('known')
    await expect.poll(() => ran, patient).toEqual(['known'])
    await sleep(1_000)
    expect(await readJobs(lab.db, { limit: 5 })).toMatchObject([{ name: 'lab.newer', status: 'waiting', attempts: 0 }])
    lab.worker({ verb: note, jobs: [unknown] }).start()
    await expect.poll(() => ran, patient).toEqual(['known', 'newer'])
  })

  it('retries a payload of the next release, which a worker of that release then accepts', async () => {
    const next = defineJob({
      name: labJobs.work.name,
      summary: 'The same job with another input',
      input: z.strictObject({ text: z.string(), added: z.number() }),
      attempts: 3,
      run: async ({ verb }: LabServices, { text, added }, run) => verb({ text: `${text} ${added}` }, run),
    })
    const older = lab.worker({ verb: note })
    await lab.db.$transaction((tx) => enqueueJob(tx, next, { text: 'both', added: 1 }))
    await older.drain()
    expect(await readJobs(lab.db, { limit: 5 })).toMatchObject([
      { status: 'waiting', attempts: 1, lastError: 'The input of the job is invalid: the whole (unrecognized_keys)' },
    ])
    await lab.hurry()
    await lab.worker({ verb: note, jobs: [next] }).drain()
    expect(ran).toEqual(['both 1'])
  })

  it('does not log payloads', async () => {
    const lines: string[] = []
    const log = pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) })
    await enqueue('a secret text')
    await lab.worker({ verb: () => Promise.reject(new Error('no luck')), log }).drain()
    expect(lines.join('')).toContain('job failed and will be retried')
    expect(lines.join('')).not.toContain('a secret text')
  })
})

describe('S41: a worker that is told to stop', () => {
  it('waits for a slow job, and takes no other', async () => {
    const { verb, end } = heldVerb()
    const worker = lab.worker({ verb })
    worker.start()
    await enqueue('slow')
    await expect.poll(() => ran, patient).toEqual(['begin slow'])
    const stopped = worker.stop()
    await enqueue('next')
    await sleep(1_000)
    expect(ran).toEqual(['begin slow'])
    end()
    await stopped
    expect(ran).toEqual(['begin slow', 'end slow'])
    expect(await statuses()).toEqual(['waiting'])
  })

  it('aborts the signal of a job that takes too long, and returns it to the queue', async () => {
    let isAborted = false
    const { verb, end } = heldVerb()
    const worker = lab.worker({
      verb: (input, run) => {
        run.signal.addEventListener('abort', () => {
          isAborted = true
        })
        return verb(input, run)
      },
      times: { abort: 100, stop: 600 },
    })
    worker.start()
    await enqueue('endless')
    await expect.poll(() => ran, patient).toEqual(['begin endless'])
    await worker.stop()
    expect(isAborted).toBe(true)
    expect(await readJobs(lab.db, { limit: 5 })).toMatchObject([
      { status: 'waiting', attempts: 1, lastError: 'The worker had to stop before the job ended.' },
    ])
    end()
    await lab.hurry()
    await lab.worker({ verb: note }).drain()
    expect(ran.at(-1)).toBe('endless')
  })

  it('stops although the network drops all packets of its connections', async () => {
    const proxy = await createCutProxy(lab.url)
    const worker = lab.worker({ verb: note, databaseUrl: proxy.url })
    worker.start()
    await enqueue('one')
    await expect.poll(() => ran, patient).toEqual(['one'])
    proxy.cut('stalled')
    const outcome = await Promise.race([worker.stop().then(() => 'stopped'), sleep(25_000, 'waits')])
    expect(outcome).toBe('stopped')
    await proxy.close()
  }, 40_000)
})

describe('S43: a worker whose database restarts', () => {
  const endSessions = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()`

  it('works again, also after its connections are ended in the middle of a job', async () => {
    const { verb, end } = heldVerb()
    lab.worker({ verb, times: { watch: 200, grace: 2_000 } }).start()
    await enqueue('interrupted')
    await expect.poll(() => ran, patient).toEqual(['begin interrupted'])
    await lab.query(endSessions)
    end()
    await expect
      .poll(
        () =>
          enqueue('afterwards').then(
            () => true,
            () => false,
          ),
        patient,
      )
      .toBe(true)
    await expect.poll(() => ran.includes('end afterwards'), patient).toBe(true)
    await expect.poll(statuses, patient).toEqual([])
  })

  it('works again after connections have failed for a while, and loses no job that ended meanwhile', async () => {
    const proxy = await createCutProxy(lab.url)
    const { verb, end } = heldVerb()
    lab.worker({ verb, databaseUrl: proxy.url, times: { watch: 200, grace: 2_000 } }).start()
    await enqueue('meanwhile')
    await expect.poll(() => ran, patient).toEqual(['begin meanwhile'])
    proxy.cut('refused')
    end()
    await sleep(4_000)
    proxy.restore()
    await enqueue('afterwards')
    await expect.poll(() => ran.includes('end afterwards'), patient).toBe(true)
    await expect.poll(statuses, patient).toEqual([])
    await proxy.close()
  }, 60_000)
})

it('S43: a job is run again if the worker never learned that it had taken it', async () => {
  await lab.query(`CREATE SEQUENCE takes;
    CREATE FUNCTION delay_first_take() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN IF nextval('public.takes') = 1 THEN PERFORM pg_sleep(3); END IF; RETURN NEW; END $$;
    CREATE TRIGGER delay BEFORE UPDATE OF locked_by ON graphile_worker._private_jobs
      FOR EACH ROW WHEN (NEW.locked_by IS NOT NULL) EXECUTE FUNCTION delay_first_take()`)
  onTestFinished(async () => {
    await lab.query('DROP FUNCTION delay_first_take CASCADE; DROP SEQUENCE takes')
  })
  const proxy = await createCutProxy(lab.url)
  await enqueue('taken')
  lab.worker({ verb: note, databaseUrl: proxy.url, times: { watch: 200, grace: 2_000 } }).start()
  await expect.poll(() => lab.query('SELECT is_called FROM takes'), patient).toEqual([{ is_called: true }])
  proxy.cut('stalled')
  await expect.poll(statuses, patient).toEqual(['running'])
  await sleep(3_000)
  proxy.restore()
  expect(ran).toEqual([])
  await expect.poll(() => ran, { timeout: 45_000 }).toEqual(['taken'])
  await expect.poll(statuses, patient).toEqual([])
  await proxy.close()
}, 80_000)

describe('two workers', () => {
  it('do each job and no unique one twice, although one of them is killed', async () => {
    const storm = await runJobStorm({ url: lab.url, db: lab.db, count: 300 })
    expect(storm).toMatchObject({ done: 300, lost: 0, twice: 0 })
    expect(storm.ofVictim).toBeLessThan(300)
    // Only what the killed worker had begun, or had ended without having said so, may have been run again: a worker takes
    // its next job while it marks the last one as done.
    expect(storm.runs - storm.done).toBeLessThanOrEqual(6)
  }, 120_000)
})
