import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, it } from 'vitest'
import { openConnection } from './core/database/connection.js'
import { createSignedInUser, createUser, signIn } from './testing/factories.js'
import { createTestApp, startTestApp } from './testing/test-app.js'

const t = await startTestApp()
const operator = await openConnection(t.config.database.directUrl ?? '')

afterAll(() => operator.end())

/** The statuses of `count` requests. */
async function statusesOf(count: number, send: (index: number) => Promise<{ status: number }>): Promise<number[]> {
  return Promise.all(Array.from({ length: count }, async (_, index) => (await send(index)).status))
}

describe('S66: a locked table', () => {
  it('S66: does not affect other requests, logins and readiness', async () => {
    const { session } = await createSignedInUser(t)
    const { refreshToken } = await signIn(t, await createUser(t))
    await operator.query('BEGIN')
    await operator.query('LOCK TABLE "Post"')
    const stuck = statusesOf(24, () => t.rest(session)('GET', '/posts'))
    await sleep(200)
    const me = statusesOf(10, () => t.rest(session)('GET', '/users/me'))
    const refreshed = t.rest()('POST', '/auth/refresh', { body: { refreshToken } })
    const ready = t.app.inject('/readyz')
    expect(new Set(await me)).toEqual(new Set([200]))
    expect([(await refreshed).status, (await ready).statusCode]).toEqual([200, 200])
    expect(new Set(await stuck)).toEqual(new Set([503]))
    await operator.query('ROLLBACK')
    expect((await t.rest(session)('GET', '/posts')).status).toBe(200)
  })
})

describe('S68: a column that changes under prepared statements', () => {
  it('S68: does not cause a failed refresh', async () => {
    const tokens: string[] = []
    for (let users = 0; users < 12; users += 1) tokens.push((await signIn(t, await createUser(t))).refreshToken)
    const refreshAll = () =>
      statusesOf(tokens.length, async (index) => {
        const answer = await t.rest()('POST', '/auth/refresh', { body: { refreshToken: tokens[index] } })
        if (answer.status === 200) tokens[index] = answer.body.data.refreshToken
        return answer
      })
    for (const type of ['varchar(500)', 'text']) {
      expect(new Set(await refreshAll())).toEqual(new Set([200]))
      await operator.query(`ALTER TABLE "Session" ALTER "userAgent" TYPE ${type}`)
      expect(new Set(await refreshAll())).toEqual(new Set([200]))
    }
  })
})

describe('S68: a number column that becomes wider', () => {
  it('S68: is read, compared and written as before', async () => {
    const { session } = await createSignedInUser(t)
    const rest = t.rest(session)
    const { body } = await rest('POST', '/posts', { body: { title: 'A', body: 'B', status: 'published' } })
    for (const table of ['Post', 'User']) await operator.query(`ALTER TABLE "${table}" ALTER "version" TYPE bigint`)
    const { version } = body.data
    expect((await rest('GET', '/posts')).status).toBe(200)
    expect((await rest('PATCH', `/posts/${body.data.id}`, { body: { title: 'C', version } })).status).toBe(200)
    const me = await rest('GET', '/users/me')
    const renamed = await rest('PATCH', '/users/me', { body: { name: 'C', version: me.body.data.version } })
    expect(renamed.status).toBe(200)
    for (const table of ['Post', 'User']) await operator.query(`ALTER TABLE "${table}" ALTER "version" TYPE int`)
  })
})

describe('S43: a database that closes connections', () => {
  it('S43: results in 503 or has no effect, and never results in 500', async () => {
    const { session } = await createSignedInUser(t)
    const rest = t.rest(session)
    const { body } = await rest('POST', '/posts', { body: { title: 'A', body: 'B', status: 'published' } })
    let isOver = false
    const statuses: number[] = []
    const calls = [
      () => rest('PATCH', `/posts/${body.data.id}`, { body: { title: 'C' } }),
      () => rest('GET', '/posts', { query: { q: 'garden' } }),
      () => t.rest()('POST', '/auth/refresh', { body: { refreshToken: session.refreshToken } }),
    ]
    const load = calls.map(async (call) => {
      while (!isOver) statuses.push((await call()).status)
    })
    const others = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND pid <> pg_backend_pid()`
    for (let round = 0; round < 20; round += 1) {
      await operator.query(others)
      await sleep(25)
    }
    isOver = true
    await Promise.all(load)
    expect(statuses.filter((status) => ![200, 401, 503].includes(status))).toEqual([])
    expect((await rest('GET', '/posts')).status).toBe(200)
  })
})

describe('S72: the connections of a process', () => {
  it('S72: never exceed the setting, including those of the workers and the limits', async () => {
    const busy = await createTestApp({ environment: { DATABASE_POOL_MAX: '8' } })
    const client = await openConnection(busy.config.database.directUrl ?? '')
    await busy.container.start()
    let most = 0
    const load = statusesOf(60, () => busy.rest()('GET', '/posts', { query: { limit: '100' } }))
    for (let rounds = 0; rounds < 10; rounds += 1) {
      const { rows } = await client.query(
        'SELECT count(*)::int AS count FROM pg_stat_activity WHERE datname = current_database()',
      )
      most = Math.max(most, rows[0].count - 1)
      await sleep(10)
    }
    expect(new Set(await load)).toEqual(new Set([200]))
    expect(most).toBeGreaterThan(3)
    expect(most).toBeLessThanOrEqual(8)
    await client.end()
    await busy.close()
  })
})
