import { NextRequest, NextResponse } from 'next/server.js'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { refreshCookieName } from '../server/testing/browser-jar.js'
import { createUser } from '../server/testing/factories.js'
import { testPassword } from '../server/testing/secrets.js'
import { createTestApp, type TestApp } from '../server/testing/test-app.js'
import { apiError } from './errors.js'
import type { SessionProxyOptions } from './next-proxy.js'
import { accessCookie, createBrowser, frontend, logIn, ownerOf } from './testing/next-browser.js'

let t: TestApp
let server: string
let calls: string[]
/** Called before each call of the server. A Response replaces that of the server. */
let intercept: (path: string) => Promise<Response | undefined>
const send = globalThis.fetch

beforeAll(async () => {
  t = await createTestApp({ environment: { TRUST_PROXY: '127.0.0.0/8, ::1/128' } })
  server = await t.app.listen({ host: '127.0.0.1', port: 0 })
  vi.stubEnv('API_URL', server)
  vi.stubEnv('APP_URL', frontend)
  vi.stubGlobal('fetch', async (url: string, init?: RequestInit) => {
    const { pathname } = new URL(url)
    calls.push(pathname.slice('/trpc/'.length))
    return (await intercept(pathname)) ?? send(url, init)
  })
})
afterAll(async () => {
  vi.unstubAllEnvs()
  vi.unstubAllGlobals()
  await t.close()
})
beforeEach(() => {
  calls = []
  intercept = async () => undefined
})

describe('a page for a session', () => {
  it('renews it once, shows the new token to what is rendered, and extends the life of the cookie', async () => {
    const browser = await signedIn()
    const [before] = browser.expires
    t.clock.advance(24 * 3600)
    const { response, token } = await browser.visit('/')
    expect(calls).toEqual(['auth.refresh'])
    expect(await nameOf(token)).toBe(browser.user.id)
    expect(response.headers.get('cache-control')).toBe('private, no-store')
    expect(browser.expires[0]).toBe((before ?? 0) + 24 * 3600_000)
  })

  it('does not renew it while the access token is valid, and is kept private all the same', async () => {
    const browser = await signedIn()
    await browser.visit('/')
    calls = []
    const { response, token } = await browser.visit('/posts')
    expect(calls).toEqual(['users.me'])
    expect(await nameOf(token)).toBe(browser.user.id)
    expect(response.headers.getSetCookie()).toEqual([])
    expect(response.headers.get('cache-control')).toBe('private, no-store')
  })

  it('renews it when the server refuses the access token', async () => {
    const browser = await signedIn()
    await browser.visit('/')
    t.clock.advance(16 * 60)
    const { token } = await browser.visit('/')
    expect(await nameOf(token)).toBe(browser.user.id)
    expect(await browser.generation()).toBe(2)
  })

  it('rotates once for pages, prefetches and tabs that race, and renders all of them signed in', async () => {
    const browser = await signedIn()
    const tab = browser.copy()
    const paths = ['/', '/a', '/b', '/c', '/d']
    const visits = [...paths.map((path) => browser.visit(path)), ...paths.map((path) => tab.visit(path))]
    const tokens = (await Promise.all(visits)).map(({ token }) => token)
    expect(await Promise.all(tokens.map(nameOf))).toEqual(tokens.map(() => browser.user.id))
    expect(await browser.generation()).toBe(1)
    t.clock.advance(3600)
    expect(await nameOf((await tab.visit('/')).token)).toBe(browser.user.id)
  })

  it('keeps the session if the answer of a slow page comes last', async () => {
    const browser = await signedIn()
    const slow = browser.copy()
    const { response: late } = await slow.visit('/slow')
    await browser.visit('/')
    await browser.client().resume()
    await browser.visit('/')
    browser.store(late)
    t.clock.advance(11)
    expect(await nameOf((await browser.visit('/')).token)).toBe(browser.user.id)
    t.clock.advance(3600)
    expect(await nameOf((await browser.visit('/')).token)).toBe(browser.user.id)
  })

  it('replaces an access token that somebody has put into the cookie', async () => {
    const browser = await signedIn()
    const mark = browser.cookies.get(refreshCookieName)?.slice(-8)
    for (const forged of ['forged', `${mark}.forged`]) {
      browser.cookies.set(accessCookie, forged)
      expect(await nameOf((await browser.visit('/')).token)).toBe(browser.user.id)
    }
    browser.cookies.delete(refreshCookieName)
    expect((await browser.visit('/')).token).toBeUndefined()
  })

  it('is rendered for an anonymous visitor after a logout elsewhere, and the cookie is cleared', async () => {
    const browser = await signedIn()
    await browser.visit('/')
    await t.db.session.updateMany({ where: { userId: browser.user.id }, data: { revokedAt: t.clock.now() } })
    t.clock.advance(6)
    const { response, token } = await browser.visit('/')
    expect(token).toBeUndefined()
    expect(response.headers.get('cache-control')).toBe('private, no-store')
    expect(browser.cookies.get(refreshCookieName)).toBeUndefined()
    calls = []
    await browser.visit('/')
    expect(calls).toEqual([])
  })

  it('is not rendered for the former user after another one has signed in', async () => {
    const browser = await signedIn()
    await browser.visit('/')
    const eve = await createUser(t)
    await browser.post('auth.login', { email: eve.email, password: testPassword, delivery: 'cookie' })
    expect(await nameOf((await browser.visit('/')).token)).toBe(eve.id)
  })
})

describe('the server', () => {
  it.each([
    ['is busy', async () => Response.json({}, { status: 503 })],
    ['cannot be reached', () => Promise.reject(new TypeError('fetch failed'))],
  ])('ends no session while it %s', async (_, answer) => {
    const browser = await signedIn()
    await browser.visit('/')
    for (const hasToken of [true, false]) {
      if (!hasToken) browser.cookies.delete(accessCookie)
      intercept = answer
      const { response } = await browser.visit('/account')
      expect(response.status).toBe(200)
      expect(response.headers.getSetCookie()).toEqual([])
      expect(response.headers.get('cache-control')).toBe('private, no-store')
      intercept = async () => undefined
      expect(await nameOf((await browser.visit('/account')).token)).toBe(browser.user.id)
    }
  })

  it('is asked once more if its answer is lost, and repeats it', async () => {
    const browser = await signedIn()
    intercept = async (path) => {
      intercept = async () => undefined
      const cookie = `${refreshCookieName}=${browser.cookies.get(refreshCookieName)}`
      await send(server + path, { method: 'POST', headers: { ...json, cookie, origin: frontend }, body: '{"json":{}}' })
      throw new TypeError('fetch failed')
    }
    expect(await nameOf((await browser.visit('/')).token)).toBe(browser.user.id)
    expect(calls).toEqual(['auth.refresh', 'auth.refresh'])
    expect(await browser.generation()).toBe(1)
  })

  it('counts and shows each visitor by its own address', async () => {
    const browser = await signedIn()
    await browser.visit('/', { headers: { 'x-forwarded-for': '203.0.113.7', 'user-agent': 'Lynx' } })
    const session = await t.db.session.findFirstOrThrow({ where: { userId: browser.user.id } })
    expect(session).toMatchObject({ ip: '203.0.113.7', userAgent: 'Lynx' })
  })

  it('is named if it is not set, and so is the setting that makes it accept this frontend', async () => {
    const browser = await signedIn()
    vi.stubEnv('APP_URL', '')
    await expect(browser.visit('/')).rejects.toThrow('The server refuses the origin http://shop.example. Set APP_URL')
    vi.stubEnv('API_URL', '')
    await expect(browser.visit('/')).rejects.toThrow('Set API_URL to the address')
    vi.stubEnv('API_URL', server)
    vi.stubEnv('APP_URL', frontend)
  })
})

describe('a visitor without a session', () => {
  it('costs no call, and leaves the answer as it is', async () => {
    const { response } = await createBrowser().visit('/')
    expect(calls).toEqual([])
    expect([...response.headers.keys()]).toEqual(['x-middleware-next'])
  })

  it.each([
    ['/account', 303],
    ['/account/keys?a=1', 303],
    ['/%61ccount', 303],
    ['/acc%6Funt/keys', 303],
    ['/%', 200],
    ['/%61ccounting', 200],
    // A cache on the way may keep everything that looks like a file.
    ['/account/keys.css', 303],
    ['/accounting', 200],
    ['/login', 200],
  ])('gets for %s the status %i', async (path, status) => {
    const { response } = await createBrowser().visit(path)
    expect(response.status).toBe(status)
    const target = status === 303 ? `http://shop.example/login?next=${encodeURIComponent(path)}` : null
    expect(response.headers.get('location')).toBe(target)
  })

  it('may be sent to another page, from pages that a function names', async () => {
    const options = { protect: (path: string) => path.endsWith('/edit'), signInPath: '/sign-in' }
    const { response } = await createBrowser(options).visit('/posts/1/edit')
    expect(response.headers.get('location')).toBe('http://shop.example/sign-in?next=%2Fposts%2F1%2Fedit')
    expect(response.headers.get('cache-control')).toBe('private, no-store')
  })
})

it.each(['/_next/static/a.js', '/_next/image', '/favicon.ico', '/fonts/a.woff2'])('%s renews nothing', async (path) => {
  const browser = await signedIn()
  expect((await browser.visit(path)).response.headers.getSetCookie()).toEqual([])
  expect(calls).toEqual([])
})

// What next-intl 4.15 sends was seen with the package itself: a header for the page, `link`, a cookie, a rewrite.
describe('another proxy', () => {
  it.each([
    ['with headers of its own for the page', (request: NextRequest) => ({ headers: withLocale(request) })],
    ['without', () => undefined],
  ])('keeps its rewrite, headers and cookies, %s', async (_, requestOf) => {
    const proxy = (request: NextRequest) => {
      const init = requestOf(request)
      const response = NextResponse.rewrite(new URL('/en/posts', request.url), init && { request: init })
      response.headers.set('link', '</de>; rel="alternate"')
      response.cookies.set('NEXT_LOCALE', 'en')
      return response
    }
    const browser = await signedIn({ proxy })
    const { response, token, headers } = await browser.visit('/posts')
    expect(await nameOf(token)).toBe(browser.user.id)
    expect(headers['x-next-intl-locale']).toBe(requestOf(new NextRequest(frontend)) && 'en')
    expect(response.headers.get('x-middleware-rewrite')).toBe('http://shop.example/en/posts')
    expect(response.headers.get('link')).toBe('</de>; rel="alternate"')
    expect([...browser.cookies.keys()]).toEqual(expect.arrayContaining(['NEXT_LOCALE', accessCookie]))
  })

  it('keeps its redirect, beside the new cookies', async () => {
    const browser = await signedIn({ proxy: () => Response.redirect('http://shop.example/en', 308) })
    const { response } = await browser.visit('/')
    expect([response.status, response.headers.get('location')]).toEqual([308, 'http://shop.example/en'])
    expect(browser.cookies.has(accessCookie)).toBe(true)
    expect(response.headers.get('x-middleware-request-cookie')).toBeNull()
  })

  it('keeps its own answer, which no page follows', async () => {
    const browser = await signedIn({ proxy: () => Response.json({ status: 'closed' }, { status: 503 }) })
    const { response } = await browser.visit('/')
    expect([response.status, await response.json()]).toEqual([503, { status: 'closed' }])
    expect([...response.headers.keys()].filter((name) => name.startsWith('x-middleware'))).toEqual([])
  })
})

describe('calls of the page', () => {
  it('go to the server as they are', async () => {
    const { response } = await (await signedIn()).visit('/trpc/posts.list,users.me?batch=1&input=%7B%7D')
    expect(response.headers.get('x-middleware-rewrite')).toBe(`${server}/trpc/posts.list,users.me?batch=1&input=%7B%7D`)
    expect(calls).toEqual([])
  })

  it('for a token get the one that is at hand, so that a page that starts rotates nothing', async () => {
    const browser = await signedIn()
    await browser.visit('/')
    const client = browser.client()
    expect(await client.resume()).toMatchObject({ id: browser.user.id, createdAt: browser.user.createdAt })
    expect(await client.api.users.me.query()).toMatchObject({ id: browser.user.id })
    expect(await browser.generation()).toBe(1)
    t.clock.advance(16 * 60)
    expect(await client.api.users.me.query()).toMatchObject({ id: browser.user.id })
    expect(await browser.generation()).toBe(2)
  })

  it('for a token end the session that was ended elsewhere', async () => {
    const browser = await signedIn()
    const client = browser.client()
    await client.resume()
    await t.db.session.updateMany({ where: { userId: browser.user.id }, data: { revokedAt: t.clock.now() } })
    t.clock.advance(16 * 60)
    const code = await client.api.users.me.query().catch((error: unknown) => apiError(error)?.code)
    expect(code).toBe('UNAUTHORIZED')
    expect(browser.cookies.has(refreshCookieName)).toBe(false)
  })
})

const json = { 'content-type': 'application/json' }

function withLocale(request: NextRequest): Headers {
  const headers = new Headers(request.headers)
  headers.set('x-next-intl-locale', 'en')
  return headers
}

function nameOf(token: string | undefined): Promise<string | undefined> {
  return ownerOf(t, token)
}

/** A browser with the cookies of a new login, whose calls are not counted. */
async function signedIn(options: SessionProxyOptions = {}) {
  const browser = await logIn(t, options)
  calls = []
  return browser
}
