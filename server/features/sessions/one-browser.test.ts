import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createBrowserJar, refreshCookieName } from '../../testing/browser-jar.js'
import { createSignedInUser, createUser, signIn } from '../../testing/factories.js'
import { testPassword } from '../../testing/secrets.js'
import { startTestApp, type TestApp } from '../../testing/test-app.js'

const t = await startTestApp()
const spanning = await startTestApp({ environment: { COOKIE_DOMAIN: 'localhost' } })

const origin = { requestId: 'r', ip: '127.0.0.1', userAgent: 'test' }
const isLiving = async (id: string, { db } = t) =>
  (await db.session.findUniqueOrThrow({ where: { id } })).revokedAt === null
const someIp = () => `10.${Math.ceil(Math.random() * 250)}.${Math.ceil(Math.random() * 250)}.7`
const logIn = (browser: ReturnType<typeof createBrowserJar>, email: string, delivery = 'cookie') =>
  browser.post('/auth/login', { email, password: testPassword, delivery }, { ip: someIp() })
const cookieSession = async (app: TestApp, user: { id: string }) => {
  const row = await app.db.user.findUniqueOrThrow({ where: { id: user.id } })
  return app.db.$transaction((tx) => app.container.services.sessions.open(tx, row, origin, 'cookie'))
}
const refresh = (refreshToken: string) => t.container.services.sessions.refresh(origin, [refreshToken])

describe('S75: a login replaces the session of the refresh cookie in its request', () => {
  it.each(['cookie', 'body'])('with %s delivery, also during a concurrent refresh', async (how) => {
    const browser = createBrowserJar(t.app)
    const [ada, eve] = [await createUser(t), await createUser(t)]
    await logIn(browser, ada.email)
    const [adas = ''] = browser.valuesOf(refreshCookieName)
    const late = await refresh(adas)
    const answer = await logIn(browser, eve.email, how)
    expect(answer.body.data.user.id).toBe(eve.id)
    expect(await isLiving(late.sessionId)).toBe(false)
    await expect(refresh(late.refreshToken)).rejects.toMatchObject({ code: 'INVALID_TOKEN' })
    expect(browser.valuesOf(refreshCookieName)).toHaveLength(how === 'cookie' ? 1 : 0)
  })

  it('over tRPC too', async () => {
    const [ada, eve] = [await createUser(t), await createUser(t)]
    const held = await cookieSession(t, ada)
    const reply = await t.app.inject({
      method: 'POST',
      url: '/trpc/auth.login',
      headers: { cookie: `${refreshCookieName}=${held.refreshToken}` },
      payload: { json: { email: eve.email, password: testPassword, delivery: 'cookie' } },
    })
    expect(reply.statusCode).toBe(200)
    expect(await isLiving(held.sessionId)).toBe(false)
  })

  it('but a failed login ends nothing', async () => {
    const browser = createBrowserJar(t.app)
    const ada = await createUser(t)
    await logIn(browser, ada.email)
    const failed = { email: ada.email, password: 'a wrong one, of all', delivery: 'cookie' }
    expect((await browser.post('/auth/login', failed)).status).toBe(401)
    expect((await browser.post('/auth/refresh')).status).toBe(200)
  })
})

describe('S76: a logout ends the session of every credential in its request', () => {
  const carriers = ['body', 'cookie', 'second cookie', 'bearer', 'unknown body', 'unknown cookie'] as const
  const mixes = Array.from({ length: 2 ** carriers.length }, (_, bits) =>
    carriers.filter((_carrier, index) => bits & (1 << index)),
  ).filter((mix) => !(mix.includes('body') && mix.includes('unknown body')))

  it('for any mix of body, cookies and access token, each of another session', async () => {
    const person = await createSignedInUser(t)
    for (const mix of mixes) {
      const sessions = new Map(
        await Promise.all(mix.map(async (name) => [name, await signIn(t, person.user)] as const)),
      )
      const token = (name: (typeof carriers)[number]) => sessions.get(name)?.refreshToken
      const forged = `${randomUUID()}.0.unknown`
      const cookies = [mix.includes('unknown cookie') && forged, token('cookie'), token('second cookie')].flatMap(
        (value) => (value ? [`${refreshCookieName}=${value}`] : []),
      )
      const bodyToken = mix.includes('unknown body') ? forged : token('body')
      const reply = await t.rest(sessions.get('bearer'))('POST', '/auth/logout', {
        headers: { origin: 'http://app.localhost:5173', ...(cookies.length > 0 && { cookie: cookies.join('; ') }) },
        body: bodyToken ? { refreshToken: bodyToken } : {},
      })
      expect(reply.status, mix.join(' + ')).toBe(204)
      for (const name of ['body', 'cookie', 'second cookie', 'bearer'] as const) {
        const session = sessions.get(name)
        if (session) expect(await isLiving(session.sessionId), `${mix.join(' + ')}: ${name}`).toBe(false)
      }
    }
    expect(await isLiving(person.session.sessionId)).toBe(true)
  })

  it('also for an expired access token, but not for a forged one', async () => {
    const { session } = await createSignedInUser(t)
    t.clock.advance(16 * 60)
    const broken = { accessToken: session.accessToken.replace(/.{4}$/, 'AAAA') }
    expect(await t.rest(broken)('POST', '/auth/logout', { body: {} })).toMatchObject({ status: 204 })
    expect(await isLiving(session.sessionId)).toBe(true)
    expect(await t.rest(session)('GET', '/users/me')).toMatchObject({ status: 401 })
    expect(await t.rest(session)('POST', '/auth/logout', { body: {} })).toMatchObject({ status: 204 })
    expect(await isLiving(session.sessionId)).toBe(false)
  })

  it('but if the cookie comes from a foreign origin, it ends and clears nothing', async () => {
    const { user, session } = await createSignedInUser(t)
    const held = await cookieSession(t, user)
    const reply = await t.rest(session)('POST', '/auth/logout', {
      headers: { origin: 'https://evil.example', cookie: `${refreshCookieName}=${held.refreshToken}` },
      body: {},
    })
    expect(reply).toMatchObject({ status: 403 })
    expect(reply.headers).not.toHaveProperty('set-cookie')
    expect([await isLiving(held.sessionId), await isLiving(session.sessionId)]).toEqual([true, true])
  })
})

describe('S77: the cookie is cleared when its session ends, and only then', () => {
  it('when the current session is revoked, and when the account is removed', async () => {
    for (const [method, path, body] of [
      ['DELETE', (id: string) => `/sessions/${id}`, undefined],
      ['DELETE', () => '/users/me', { password: testPassword }],
    ] as const) {
      const session = await cookieSession(t, await createUser(t))
      const reply = await t.rest(session)(method, path(session.sessionId), {
        headers: { cookie: `${refreshCookieName}=${session.refreshToken}` },
        ...(body && { body }),
      })
      expect(reply.status).toBe(204)
      expect(String(reply.headers['set-cookie'])).toMatch(new RegExp(`^${refreshCookieName}=;`))
    }
  })

  it('but not if the request did not contain it, because it may belong to a login in another tab', async () => {
    const { session } = await createSignedInUser(t)
    const refused = await t.rest()('POST', '/auth/refresh', { body: {} })
    const ended = await t.rest(session)('POST', '/auth/logout', { body: { refreshToken: session.refreshToken } })
    expect([refused.status, ended.status]).toEqual([401, 204])
    for (const { headers } of [refused, ended]) expect(headers).not.toHaveProperty('set-cookie')
  })

  it('and not if it belongs to another active session', async () => {
    const { user, session } = await createSignedInUser(t)
    const other = await cookieSession(t, await createUser(t))
    const reply = await t.rest(session)('DELETE', '/users/me', {
      headers: { cookie: `${refreshCookieName}=${other.refreshToken}` },
      body: { password: testPassword },
    })
    expect(reply.status).toBe(204)
    expect(reply.headers).not.toHaveProperty('set-cookie')
    expect(await isLiving(other.sessionId)).toBe(true)
    expect(await t.db.user.count({ where: { id: user.id } })).toBe(0)
  })
})

describe('S78: of several refresh cookies of one name, the active one is used', () => {
  it('in any order, and an older token of the same session is not reuse', async () => {
    const user = await createUser(t)
    for (const isDeadFirst of [true, false]) {
      const dead = await cookieSession(t, user)
      await t.db.session.update({ where: { id: dead.sessionId }, data: { revokedAt: t.clock.now() } })
      const living = await cookieSession(t, user)
      const second = await refresh(living.refreshToken)
      const third = await refresh(second.refreshToken)
      const tokens = [living.refreshToken, dead.refreshToken, 'no-token', third.refreshToken]
      const cookie = (isDeadFirst ? tokens : tokens.toReversed())
        .map((token) => `${refreshCookieName}=${token}`)
        .join('; ')
      const headers = { origin: 'http://app.localhost:5173', cookie }
      const reply = await t.rest()('POST', '/auth/refresh', { headers })
      expect(reply.status).toBe(200)
      expect(String(reply.headers['set-cookie'])).toContain(`.3.`)
      expect(await isLiving(living.sessionId)).toBe(true)
    }
  })

  it('with COOKIE_DOMAIN, a login can be refreshed although the host has an invalid cookie', async () => {
    const browser = createBrowserJar(spanning.app)
    const user = await createUser(spanning)
    const dead = await cookieSession(spanning, user)
    await spanning.db.session.update({ where: { id: dead.sessionId }, data: { revokedAt: t.clock.now() } })
    browser.cookies.set(`host ${refreshCookieName}`, { name: refreshCookieName, value: dead.refreshToken })
    const living = await cookieSession(spanning, user)
    const domain = { name: refreshCookieName, value: living.refreshToken }
    browser.cookies.set(`Domain=localhost ${refreshCookieName}`, domain)
    for (let round = 0; round < 3; round += 1) expect((await browser.post('/auth/refresh')).status).toBe(200)
    expect(browser.valuesOf(refreshCookieName)).toHaveLength(1)
    expect((await browser.post('/auth/logout')).status).toBe(204)
    expect(browser.valuesOf(refreshCookieName)).toEqual([])
    expect(await isLiving(living.sessionId, spanning)).toBe(false)
  })
})

describe('S79: a user has at most 100 active sessions', () => {
  it('a further login ends the session unused for the longest time, and the current one is always listed', async () => {
    const { user, session } = await createSignedInUser(t)
    const sessions = []
    for (let count = 0; count < 99; count += 1) {
      t.clock.advance(1)
      sessions.push(await signIn(t, user))
    }
    expect(await isLiving(session.sessionId)).toBe(true)
    t.clock.advance(1)
    const next = await t.client().auth.login.mutate({ email: user.email, password: testPassword })
    expect(await isLiving(session.sessionId)).toBe(false)
    expect(await t.db.session.count({ where: { userId: user.id, revokedAt: null } })).toBe(100)
    const list = await t.client(next).sessions.list.query()
    expect(list).toHaveLength(100)
    expect(list[0]).toMatchObject({ isCurrent: true })
    const oldest = sessions[0]
    expect((await t.client(oldest).sessions.list.query()).at(-1)).toMatchObject({ isCurrent: true })
  })

  it('also for concurrent logins', async () => {
    const user = await createUser(t)
    for (let count = 0; count < 98; count += 1) await signIn(t, user)
    await Promise.all(
      Array.from({ length: 5 }, () =>
        t.db.$transaction(async (tx) => {
          await tx.$queryRaw`SELECT "id" FROM "User" u WHERE u."id" = ${user.id}::uuid AND u."deletedAt" IS NULL FOR NO KEY UPDATE`
          const row = await tx.user.findUniqueOrThrow({ where: { id: user.id } })
          await t.container.services.sessions.open(tx, row, origin, 'body')
        }),
      ),
    )
    expect(await t.db.session.count({ where: { userId: user.id, revokedAt: null } })).toBe(100)
  })
})

describe('S81: the owner can log in while strangers guess', () => {
  it('with the browser of a former login from an unknown network, and with body delivery from a known network', async () => {
    const user = await createUser(t)
    const browser = createBrowserJar(t.app)
    expect((await logIn(browser, user.email)).status).toBe(200)
    const home = someIp()
    const body = { email: user.email, password: testPassword }
    expect((await createBrowserJar(t.app).post('/auth/login', body, { ip: home })).status).toBe(200)
    for (let guess = 0; guess < 12; guess += 1) {
      const wrong = { email: user.email, password: 'not the password at all' }
      await createBrowserJar(t.app).post('/auth/login', wrong, { ip: someIp() })
    }
    expect((await createBrowserJar(t.app).post('/auth/login', body, { ip: someIp() })).status).toBe(429)
    expect((await logIn(browser, user.email)).status).toBe(200)
    expect((await createBrowserJar(t.app).post('/auth/login', body, { ip: home })).status).toBe(200)
  })
})
