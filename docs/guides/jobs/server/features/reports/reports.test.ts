import { expect, test } from 'vitest'
import { readJobs } from '../../core/jobs/queue.js'
import { createUser } from '../../testing/factories.js'
import { startTestApp } from '../../testing/test-app.js'

const t = await startTestApp()
const { reports } = t.container.services
const waiting = () => readJobs(t.db, { name: 'reports.countAccounts', limit: 10 })

test('counts the accounts of a day', async () => {
  for (const createdAt of [
    '2026-05-31T23:59:59Z',
    '2026-06-01T00:00:00Z',
    '2026-06-01T23:59:59Z',
    '2026-06-02T00:00:00Z',
  ])
    await createUser(t, { createdAt })
  expect(await reports.countAccounts({ day: '2026-06-01' })).toBe(2)
})

test('is requested once for a day, however often, and leaves nothing when it is done', async () => {
  for (let count = 0; count < 3; count++) await reports.request(new Date('2026-06-02T02:15:00Z'))
  expect(await waiting()).toMatchObject([{ status: 'waiting', maxAttempts: 5 }])
  await t.container.jobs.drain()
  expect(await waiting()).toEqual([])
})
