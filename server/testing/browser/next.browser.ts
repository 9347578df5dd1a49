import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createUser, signIn } from '../factories.js'
import { testPassword } from '../secrets.js'
import { createTestApp, type TestApp } from '../test-app.js'
import { startChromium } from './chromium.js'
import { buildNextApp, findFreePort, type NextApp, readBrowserCode, startNextApp } from './next-app.js'

let browser: Browser
let next: NextApp
let t: TestApp
let frontend: string
let profile: BrowserContext
let people = 0

beforeAll(async () => {
  buildNextApp()
  const port = await findFreePort()
  frontend = `http://app.localhost:${port}`
  t = await createTestApp({ environment: { APP_URL: frontend, TRUST_PROXY: '127.0.0.0/8, ::1/128' } })
  const apiUrl = await t.app.listen({ host: '127.0.0.1', port: 0 })
  next = await startNextApp(port, { apiUrl, appUrl: frontend })
  browser = await startChromium()
}, 180_000)
afterAll(async () => {
  await browser?.close()
  await next?.close()
  await t?.close()
})
beforeEach(async () => {
  people += 1
  profile = await browser.newContext({ extraHTTPHeaders: { 'x-forwarded-for': `203.0.113.${people}` } })
})
afterEach(() => profile.close())

describe('a session in a frontend with server components', () => {
  it('survives 100 expired tokens, each renewed once for two tabs with five server-side reads, and shows no token', async () => {
    const { user, page, generation } = await loggedIn()
    const tabs = [page, await profile.newPage()]
    const tokens = new Set<string>()
    const seen: string[] = []
    for (const tab of tabs) tab.on('request', (request) => seen.push(request.url()))
    for (let run = 1; run <= 100; run += 1) {
      t.clock.advance(16 * 60)
      // The browser forgets an access token that has expired. It still sends it if its clock is late.
      if (run % 2 === 0) await profile.clearCookies({ name: /_access/ })
      const html = await Promise.all(tabs.map((tab) => open(tab, '/')))
      // A page asks for its session after it has loaded. Left unanswered, that would fall into the next period.
      await Promise.all(tabs.map((tab) => shows(tab, user.email)))
      for (const text of html) {
        expect(text).toContain(`<h1 id="rendered">${user.email}</h1>`)
        expect(text).toContain(`<p id="prefetched">${user.email} since`)
      }
      for (const token of await tokensOf(profile)) tokens.add(token)
      seen.push(...html)
      expect(await generation()).toBe(run)
    }
    seen.push(await page.evaluate('fetch("/", { headers: { rsc: "1" } }).then((answer) => answer.text())'))
    seen.push(await page.evaluate('JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])'))
    expect(tokens.size).toBeGreaterThan(199)
    const all = [...seen, ...next.log].join('\n')
    expect([...tokens].filter((token) => all.includes(token))).toEqual([])
  }, 300_000)

  it('goes on past the time in which an old token is accepted, but not for one who kept that token', async () => {
    const { user, page } = await loggedIn()
    const thief = await browser.newContext({ storageState: await profile.storageState() })
    await open(page, '/')
    t.clock.advance(11)
    expect(await open(page, '/')).toContain(`<h1 id="rendered">${user.email}</h1>`)
    const stolen = await thief.newPage()
    await thief.clearCookies({ name: /_access/ })
    expect(await open(stolen, '/')).toContain('<h1 id="rendered">nobody</h1>')
    t.clock.advance(6)
    expect(await open(page, '/')).toContain('<h1 id="rendered">nobody</h1>')
    await thief.close()
  })

  it('ends with a logout elsewhere, without an error, and protected pages ask for a login', async () => {
    const { user, page } = await loggedIn()
    const written = next.log.length
    await open(page, '/')
    await shows(page, user.email)
    const { id } = await t.db.session.findFirstOrThrow({ where: { userId: user.id } })
    const elsewhere = t.client(await signIn(t, user))
    await elsewhere.sessions.revoke.mutate({ id })
    t.clock.advance(6)
    expect(await open(page, '/')).toContain('<h1 id="rendered">nobody</h1>')
    await shows(page, 'anonymous')
    await open(page, '/account')
    expect(page.url()).toBe(`${frontend}/login?next=%2Faccount`)
    expect(next.log.slice(written)).toEqual([])
  })

  it('shows the server the address of the visitor, from the browser and from components', async () => {
    const { page } = await loggedIn()
    expect(await open(page, '/account')).toContain(`<h1 id="addresses">203.0.113.${people}</h1>`)
  })
})

describe('a login by a server action', () => {
  it('shows the new user at once and nothing of the former one, and a logout shows nobody', async () => {
    const { user: ada, page } = await loggedIn()
    await open(page, '/')
    await open(page, '/login')
    expect(await page.textContent('#rendered')).toBe(ada.email)
    const eve = await createUser(t)
    await page.fill('[name=email]', eve.email)
    await page.fill('[name=password]', testPassword)
    await page.getByRole('button', { name: 'Log in' }).click()
    await page.waitForFunction(`document.querySelector('#rendered').textContent !== '${ada.email}'`)
    expect(await page.textContent('#rendered')).toBe(eve.email)
    expect(await open(page, '/')).toContain(`<h1 id="rendered">${eve.email}</h1>`)
    await open(page, '/login')
    await page.getByRole('button', { name: 'Log out' }).click()
    await page.waitForFunction(`document.querySelector('#rendered').textContent === 'nobody'`)
    expect(await open(page, '/')).toContain('<h1 id="rendered">nobody</h1>')
  })
})

describe('caches', () => {
  it.each(['/', '/static', '/de'])('keep no answer for a session: %s', async (path) => {
    const { page } = await loggedIn()
    const response = await page.goto(frontend + path)
    expect(response?.headers()['cache-control']).toBe('private, no-store')
  })

  it('may keep a page that is the same for everyone', async () => {
    const response = await (await profile.newPage()).goto(`${frontend}/static`)
    expect(response?.headers()['cache-control']).toMatch(/s-maxage/)
  })
})

it('another proxy keeps its rewrite, header and cookie, and the page its session', async () => {
  const { user, page } = await loggedIn()
  const response = await page.goto(`${frontend}/de`)
  expect(await response?.text()).toContain(`<h1 id="rendered">${user.email}</h1>`)
  expect(response?.headers()['x-language']).toBe('de')
  const names = (await profile.cookies()).map(({ name }) => name.replace(/^(?:.*_)?(access|refresh|device).*$/, '$1'))
  expect(names.sort()).toEqual(['access', 'device', 'language', 'refresh'])
})

it('nothing that is for servers is sent to browsers', () => {
  const code = readBrowserCode()
  const parts = ['BroadcastChannel', 'x-middleware-override-headers', 'API_URL']
  expect(parts.filter((part) => code.includes(part))).toEqual(['BroadcastChannel'])
})

/** Logs in in the page, through the address of the frontend. */
async function loggedIn() {
  const user = await createUser(t)
  const page = await profile.newPage()
  await open(page, '/static')
  // The script of the page may run after the load.
  await page.waitForFunction('typeof client !== "undefined"')
  await page.evaluate(`client.login(${JSON.stringify({ email: user.email, password: testPassword })})`)
  const generation = async () => (await t.db.session.findFirstOrThrow({ where: { userId: user.id } })).generation
  return { user, page, generation }
}

async function open(page: Page, path: string): Promise<string> {
  const response = await page.goto(frontend + path)
  return response?.text() ?? ''
}

/** Waits until the script of a page knows whose session it has. */
async function shows(page: Page, session: string): Promise<void> {
  await page.waitForFunction(`document.querySelector('#session').textContent === '${session}'`)
}

async function tokensOf(context: BrowserContext): Promise<string[]> {
  const cookies = (await context.cookies()).filter(({ name }) => /_(access|refresh)/.test(name))
  return cookies.map(({ name, value }) => (name.includes('_access') ? value.slice(9) : value))
}
