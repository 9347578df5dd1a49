import { describe, expect, it } from 'vitest'
import { loadConfig } from './config.js'
import { enqueueJob, readJobs } from './core/jobs/queue.js'
import { sessionsJobs } from './features/sessions/jobs.js'
import { createTestApp, type TestApp } from './testing/test-app.js'

const patient = { timeout: 20_000 }

async function withRole(role: string, work: (t: TestApp) => Promise<void>): Promise<void> {
  const t = await createTestApp({ environment: { PROCESS_ROLE: role } })
  try {
    await t.container.start()
    await t.db.$transaction(async (tx) => {
      for (const job of sessionsJobs) await enqueueJob(tx, job, {})
    })
    await work(t)
  } finally {
    await t.close()
  }
}

async function statusesOf(t: TestApp) {
  const paths = ['/livez', '/readyz', '/metrics', '/api/openapi.json', '/.well-known/jwks.json', '/docs']
  const responses = await Promise.all(paths.map((path) => t.app.inject(path)))
  return responses.map(({ statusCode }) => statusCode)
}

const jobsOf = async (t: TestApp) => (await readJobs(t.db, { limit: 5 })).map(({ name }) => name)

describe('a process', () => {
  it.each([['all'], ['worker']])('works on jobs with the role "%s"', (role) =>
    withRole(role, async (t) => {
      await expect.poll(() => jobsOf(t), patient).toEqual([])
    }),
  )

  it('does not work on jobs with the role "web"', () =>
    withRole('web', async (t) => {
      await new Promise((resolve) => setTimeout(resolve, 1_000))
      expect(await jobsOf(t)).toEqual(['sessions.removeEnded'])
      await expect.poll(() => statusesOf(t), patient).toEqual([200, 200, 200, 200, 200, 200])
      await t.container.jobs.drain()
    }))

  it('only answers probes and Prometheus with the role "worker"', () =>
    withRole('worker', async (t) => {
      await expect.poll(() => statusesOf(t), patient).toEqual([200, 200, 200, 404, 404, 404])
    }))

  it('does not start with another role', () => {
    expect(() => loadConfig({ PROCESS_ROLE: 'cron' })).toThrow(/PROCESS_ROLE .*`all`, `web`, `worker`/)
  })
})
