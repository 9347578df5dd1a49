import { describe, expect, it } from 'vitest'
import { createSignedInUser, createUser, signIn } from '../../testing/factories.js'
import { testPassword } from '../../testing/secrets.js'
import { startTestApp } from '../../testing/test-app.js'
import { createLogger } from '../logger.js'

const lines: string[] = []

const sink = { write: (line: string) => void lines.push(line) }
const t = await startTestApp({ log: createLogger({ mode: 'production', logLevel: 'trace' }, sink) })
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
    const logged = await linesOf(refresh)
    expect(logged).toContainEqual(expect.objectContaining({ sessionId, msg: 'refresh token reused' }))
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
