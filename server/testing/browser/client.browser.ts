import type { Browser, BrowserContext, Page, Request } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createUser } from '../factories.js'
import { testPassword } from '../secrets.js'
import { createTestApp, type TestApp } from '../test-app.js'
import { startChromium } from './chromium.js'
import { type Frontend, startFrontend } from './frontend.js'

let frontend: Frontend
let stranger: Frontend
let t: TestApp
let api: string
let browser: Browser
let profile: BrowserContext

beforeAll(async () => {
  ;[frontend, stranger, browser] = await Promise.all([startFrontend(), startFrontend(), startChromium()])
  t = await createTestApp({ environment: { CORS_ORIGINS: frontend.origin } })
  const address = await t.app.listen({ host: 'localhost', port: 0 })
  api = `http://localhost:${new URL(address).port}`
})
afterAll(async () => {
  await browser?.close()
  await Promise.all([t?.close(), frontend?.close(), stranger?.close()])
})
beforeEach(async () => {
  profile = await browser.newContext()
})
afterEach(() => profile.close())

describe('a session in a browser, whose frontend has another origin of the same site', () => {
  it('survives a reload in a cookie that no script can read', async () => {
    const { page, user } = await loggedIn()
    expect(await page.evaluate('document.cookie')).toBe('')
    const cookie = (await profile.cookies()).find(({ name }) => /_refresh(_\d+)?$/.test(name))
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Lax', domain: 'localhost' })
    await page.reload({ waitUntil: 'networkidle' })
    expect(await codeOfMe(page)).toBe('no error')
    expect(await page.evaluate('app.client.resume()')).toMatchObject({ id: user.id, createdAt: user.createdAt })
  })

  it('is shared by tabs, which refresh one after the other', async () => {
    const { page } = await loggedIn()
    const tabs = [page, ...(await Promise.all([openPage(), openPage()]))]
    const { most } = await watchRefreshes(() => Promise.all(tabs.map((tab) => tab.evaluate('app.client.resume()'))))
    expect(most).toBe(1)
    t.clock.advance(16 * 60)
    expect(await Promise.all(tabs.map(codeOfMe))).toEqual(tabs.map(() => 'no error'))
    expect(await Promise.all(tabs.map(sessionEnds))).toEqual(tabs.map(() => 0))
  })

  it('continues after the access token has expired, with one refresh for all waiting calls', async () => {
    const { page } = await loggedIn()
    const refreshes: string[] = []
    page.on('response', (response) => response.url().includes('auth.refresh') && refreshes.push(response.url()))
    t.clock.advance(16 * 60)
    const calls = `Promise.all(Array.from({ length: 12 }, () => app.codeOf(app.client.api.users.me.query())))`
    expect(await page.evaluate(calls)).toEqual(Array.from({ length: 12 }, () => 'no error'))
    expect(refreshes).toHaveLength(1)
  })

  it('reports once that it was revoked elsewhere', async () => {
    const { page } = await loggedIn()
    const { page: elsewhere } = await loggedIn(await browser.newContext(), await emailOf(page))
    await elsewhere.evaluate('app.client.api.sessions.revokeOthers.mutate()')
    const calls = `Promise.all([1, 2, 3].map(() => app.codeOf(app.client.api.users.me.query())))`
    expect(await page.evaluate(calls)).toEqual(['UNAUTHORIZED', 'UNAUTHORIZED', 'UNAUTHORIZED'])
    expect(await codeOfMe(page)).toBe('UNAUTHORIZED')
    expect(await sessionEnds(page)).toBe(1)
    expect(await page.evaluate(publicCall)).toBe('no error')
    await elsewhere.context().close()
  })

  it('ends with a logout in all tabs, which clears the cookie', async () => {
    const { page } = await loggedIn()
    const other = await openPage()
    await other.evaluate('app.client.resume()')
    await page.evaluate('app.client.logout()')
    // The remaining cookie only shows that somebody has logged in here before.
    expect((await profile.cookies()).filter(({ name }) => !name.startsWith('device'))).toEqual([])
    expect(await codeOfMe(page)).toBe('UNAUTHORIZED')
    expect(await codeOfMe(other)).toBe('UNAUTHORIZED')
    expect([await sessionEnds(page), await sessionEnds(other)]).toEqual([0, 1])
    await page.reload({ waitUntil: 'networkidle' })
    expect(await page.evaluate('app.client.resume()')).toBeNull()
  })

  it('begins and ends in all tabs at once', async () => {
    const other = await openPage()
    await other.evaluate('app.client.resume()')
    const { page, user } = await loggedIn()
    await other.waitForFunction(`app.client.session.get().user?.id === '${user.id}'`)
    await page.evaluate('app.client.logout()')
    await other.waitForFunction(`app.client.session.get().status === 'anonymous'`)
    expect(await sessionEnds(other)).toBe(1)
  })

  it('costs a visitor who has none no request and no error', async () => {
    const page = await openPage()
    const seen: string[] = []
    page.on('request', (request) => seen.push(request.url()))
    page.on('console', (message) => seen.push(message.text()))
    expect(await page.evaluate('app.client.resume()')).toBeNull()
    expect(seen).toEqual([])
  })

  it('goes on after a night in which the computer slept, once the network is back, with one refresh for all tabs', async () => {
    const { page } = await loggedIn()
    const tabs = [page, await openPage()]
    await tabs[1]?.evaluate('app.client.resume()')
    await sleep(tabs, 8 * 3600)
    await profile.setOffline(true)
    expect(await Promise.all(tabs.map(codeOfMe))).toEqual(['no answer', 'no answer'])
    await profile.setOffline(false)
    const { most } = await watchRefreshes(async () => {
      expect(await Promise.all(tabs.map(codeOfMe))).toEqual(['no error', 'no error'])
    })
    expect(most).toBe(1)
    expect(await Promise.all(tabs.map(sessionEnds))).toEqual([0, 0])
    await sleep(tabs, 8 * 24 * 3600)
    expect(await Promise.all(tabs.map(codeOfMe))).toEqual(['UNAUTHORIZED', 'UNAUTHORIZED'])
    expect(await Promise.all(tabs.map(sessionEnds))).toEqual([1, 1])
  })

  it('survives the loss of the answer to a refresh, with its cookie', async () => {
    const { page } = await loggedIn()
    const [session] = await t.db.session.findMany({ where: { user: { email: await emailOf(page) } } })
    t.clock.advance(16 * 60)
    let lost = 0
    await profile.route('**/auth.refresh', async (route) => {
      if (lost > 0) return route.continue()
      lost += 1
      const { headers, method, body } = await rawRequest(route.request())
      const reply = await fetch(route.request().url(), { headers, method, body })
      expect(reply.status).toBe(200)
      return route.abort('connectionreset')
    })
    expect(await codeOfMe(page)).toBe('no error')
    await profile.unroute('**/auth.refresh')
    const { generation } = await t.db.session.findUniqueOrThrow({ where: { id: session?.id ?? '' } })
    expect([lost, generation]).toEqual([1, (session?.generation ?? 0) + 1])
    t.clock.advance(16 * 60)
    expect(await codeOfMe(page)).toBe('no error')
  })

  it('survives a network failure', async () => {
    const { page } = await loggedIn()
    t.clock.advance(16 * 60)
    await profile.setOffline(true)
    expect(await codeOfMe(page)).toBe('no answer')
    await profile.setOffline(false)
    expect(await codeOfMe(page)).toBe('no error')
    expect(await sessionEnds(page)).toBe(0)
  })

  it('S21: is not available to an origin that the settings do not contain, even of the same site', async () => {
    const { page } = await loggedIn()
    const foreign = await openPage(profile, stranger)
    expect(await foreign.evaluate('app.codeOf(app.client.resume({ always: true }))')).toBe('no answer')
    expect(await foreign.evaluate(publicCall)).toBe('no answer')
    const options = `{ method: 'POST', mode: 'no-cors', credentials: 'include', body: '{}' }`
    await foreign.evaluate(`fetch('${api}/trpc/auth.logout', ${options}).catch(() => null)`)
    expect(await page.evaluate('app.client.resume().then(Boolean)')).toBe(true)
  })
})

const publicCall = `app.codeOf(app.client.api.auth.requestPasswordReset.mutate({ email: 'nobody@example.com' }))`

async function loggedIn(context = profile, email?: string) {
  const user = await (email ? t.db.user.findFirstOrThrow({ where: { email } }) : createUser(t))
  const page = await openPage(context)
  const credentials = JSON.stringify({ email: user.email, password: testPassword })
  await page.evaluate(`app.client.login(${credentials})`)
  return { page, user }
}

async function openPage(context = profile, { origin } = frontend): Promise<Page> {
  const page = await context.newPage()
  await page.goto(`${origin}/?api=${api}`)
  await page.waitForFunction('globalThis.app')
  return page
}

/** Lets time pass for the server, and for pages whose timers stand still meanwhile. */
async function sleep(tabs: Page[], seconds: number): Promise<void> {
  t.clock.advance(seconds)
  const later = `(() => { const now = Date.now; Date.now = () => now() + ${seconds * 1000} })()`
  for (const tab of tabs) await tab.evaluate(later)
}

/** A request as the browser sends it, with its cookies. */
async function rawRequest(request: Request) {
  const headers = Object.entries(await request.allHeaders()).filter(([name]) => !/^(:|host|content-length)/.test(name))
  return { headers: Object.fromEntries(headers), method: request.method(), body: request.postData() }
}

/** Counts the concurrent refreshes of the profile's pages. */
async function watchRefreshes(work: () => Promise<unknown>) {
  const counts = { current: 0, most: 0 }
  await profile.route('**/auth.refresh', async (route) => {
    counts.current += 1
    counts.most = Math.max(counts.most, counts.current)
    const response = await route.fetch()
    await new Promise((resolve) => setTimeout(resolve, 100))
    counts.current -= 1
    await route.fulfill({ response })
  })
  await work()
  await profile.unroute('**/auth.refresh')
  return counts
}

function emailOf(page: Page): Promise<string> {
  return page.evaluate('app.client.api.users.me.query().then(({ email }) => email)')
}

function codeOfMe(page: Page): Promise<string> {
  return page.evaluate('app.codeOf(app.client.api.users.me.query())')
}

function sessionEnds(page: Page): Promise<number> {
  return page.evaluate('app.sessionEnds')
}
