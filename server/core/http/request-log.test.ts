import { describe, expect, it } from 'vitest'
import { createSignedInUser, createUser, signIn } from '../../testing/factories.js'
import { testPassword } from '../../testing/secrets.js'
import { startTestApp } from '../../testing/test-app.js'
import { createLogger } from '../logger.js'
import { writeMetrics } from '../metrics.js'

const lines: string[] = []

const sink = { write: (line: string) => void lines.push(line) }
const t = await startTestApp({ log: createLogger({ mode: 'production', logLevel: 'trace' }, sink) })
async function countReuses(): Promise<number> {
  return Number(/^refresh_token_reuses_total (\d+)$/m.exec((await writeMetrics()).text)?.[1])
}

/** The log lines with the id of a request; each is JSON. */
async function linesOf(work: () => Promise<{ headers: Record<string, unknown> }>) {
  lines.length = 0
  const { headers } = await work()
  const logged = lines.map((line) => JSON.parse(line))
  return logged.filter(({ requestId }) => requestId === headers['x-request-id'])
}

describe('S39: the log', () => {
  it('S39: records a login, and a failed one', async () => {
    const { id: userId, email } = await createUser(t)
    const logIn = (password: string) => linesOf(() => t.rest()('POST', '/auth/login', { body: { email, password } }))
    expect(await logIn(testPassword)).toContainEqual(expect.objectContaining({ userId, msg: 'login succeeded' }))
    expect(await logIn('not the password at all')).toContainEqual(
      expect.objectContaining({ userId, msg: 'login failed', level: 40 }),
    )
  })

  it('has one line for a request that succeeds: what was called, by whom, and with which status', async () => {
    const { user, session } = await createSignedInUser(t)
    expect(await linesOf(() => t.rest(session)('GET', '/users/me'))).toEqual([
      expect.objectContaining({ actorId: user.id, procedure: 'users.me', status: 200, msg: 'request', level: 30 }),
    ])
    const url = `/trpc/sessions.list,users.me?batch=1&input=${encodeURIComponent('{}')}`
    const headers = { authorization: `Bearer ${session.accessToken}` }
    const [line, ...others] = await linesOf(() => t.app.inject({ url, headers }))
    expect(line?.procedures.toSorted()).toEqual(['sessions.list', 'users.me'])
    expect(others).toEqual([])
  })

  it.each([
    ['00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', '4bf92f3577b34da6a3ce929d0e0e4736'],
    ['42-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00-more', '4bf92f3577b34da6a3ce929d0e0e4736'],
    ['00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more', undefined],
    ['ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', undefined],
    ['00-00000000000000000000000000000000-00f067aa0ba902b7-01', undefined],
    ['00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01', undefined],
    ['00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01', undefined],
    ['trace"}{', undefined],
    ['', undefined],
  ])('has the trace of a request with the header traceparent: %j', async (traceparent, traceId) => {
    const failing = () => t.app.inject({ url: '/api/users', headers: { traceparent } })
    const logged = await linesOf(failing)
    expect(new Set(logged.map(({ msg }) => msg))).toEqual(new Set(['procedure rejected', 'request']))
    for (const line of logged) expect(line.traceId).toBe(traceId)
  })

  it('S39: records a denial, with the user and the procedure', async () => {
    const { user, session } = await createSignedInUser(t)
    const logged = await linesOf(() => t.rest(session)('GET', '/users'))
    const denial = { actorId: user.id, procedure: 'users.list', code: 'FORBIDDEN', level: 40 }
    expect(logged).toContainEqual(expect.objectContaining(denial))
  })

  it('S39: records a throttled login', async () => {
    const body = { email: 'guessed@example.com', password: 'x' }
    for (let tries = 0; tries < 10; tries++) await t.container.throttle.attempt(body.email)
    const logged = await linesOf(() => t.rest()('POST', '/auth/login', { body }))
    expect(logged).toContainEqual(expect.objectContaining({ procedure: 'auth.login', code: 'RATE_LIMITED', level: 40 }))
  })

  it('S39: records a refresh token that was used again', async () => {
    const { sessionId, refreshToken } = await signIn(t, await createUser(t))
    const refresh = () => t.rest()('POST', '/auth/refresh', { body: { refreshToken } })
    await refresh()
    t.clock.advance(11)
    const before = await countReuses()
    const logged = await linesOf(refresh)
    expect(logged).toContainEqual(expect.objectContaining({ sessionId, msg: 'refresh token reused' }))
    expect(await countReuses()).toBe(before + 1)
  })

  it('S39: contains no password, token, cookie or query string', async () => {
    lines.length = 0
    const { email } = await createUser(t)
    const body = { email, password: testPassword, delivery: 'cookie' }
    const answer = await t.rest()('POST', '/auth/login', { body })
    const cookie = String(answer.headers['set-cookie']).split(';')[0] ?? ''
    const session = { accessToken: answer.body.data.accessToken }
    await t.rest()('POST', '/auth/refresh', { headers: { cookie, origin: t.config.http.appUrl }, body: {} })
    await t.rest(session)('GET', '/posts', { query: { q: 'needle' } })
    await t.app.inject({ url: '/api/nothing?token=needle', headers: { authorization: 'Bearer needle' } })
    await t.app.inject({ url: 'http://user:needle@evil.example/api/posts' })
    await t.app.inject({
      method: 'POST',
      url: '/trpc/auth.login',
      payload: '{"json":{"password":"needle"',
      headers: json,
    })
    expect(lines.length).toBeGreaterThan(5)
    for (const secret of [testPassword, session.accessToken, cookie.split('=')[1] ?? '', 'needle']) {
      expect(lines.filter((line) => line.includes(secret))).toEqual([])
    }
  })
})

const json = { 'content-type': 'application/json' }
