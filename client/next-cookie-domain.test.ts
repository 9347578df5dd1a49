import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { refreshCookieName } from '../server/testing/browser-jar.js'
import { createTestApp, type TestApp } from '../server/testing/test-app.js'
import { accessCookie, frontend, logIn, ownerOf } from './testing/next-browser.js'

// Frontends on several hosts share the refresh cookie.
let t: TestApp

beforeAll(async () => {
  t = await createTestApp({ environment: { COOKIE_DOMAIN: 'localhost', TRUST_PROXY: '127.0.0.0/8, ::1/128' } })
  vi.stubEnv('API_URL', await t.app.listen({ host: '127.0.0.1', port: 0 }))
  vi.stubEnv('APP_URL', frontend)
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await t.close()
})

it('COOKIE_DOMAIN: the refresh token is passed on for the domain, and the access token for this frontend alone', async () => {
  const browser = await logIn(t)
  const { response, token } = await browser.visit('/')
  expect(await ownerOf(t, token)).toBe(browser.user.id)
  const scopes = response.headers.getSetCookie().map((line) => [line.split('=')[0], /domain=(\w+)/i.exec(line)?.[1]])
  expect(scopes).toEqual([
    [refreshCookieName, undefined],
    [refreshCookieName, 'localhost'],
    [accessCookie, undefined],
  ])
})

it('COOKIE_DOMAIN: a page shows the user who has signed in at another frontend', async () => {
  const browser = await logIn(t)
  await browser.visit('/')
  const eve = await logIn(t)
  browser.cookies.set(refreshCookieName, eve.cookies.get(refreshCookieName) ?? '')
  expect(await ownerOf(t, (await browser.visit('/')).token)).toBe(eve.user.id)
})

it('COOKIE_DOMAIN: a session goes on beside a dead cookie of the host from before, in whichever order the browser sends them', async () => {
  const dead = await logIn(t)
  const stale = `${refreshCookieName}=${dead.cookies.get(refreshCookieName)}`
  await dead.post('auth.logout', {})
  const browser = await logIn(t)
  for (const order of [0, 1, 0, 1]) {
    const living = [...browser.cookies].map(([name, value]) => `${name}=${value}`)
    const cookie = (order ? [stale, ...living] : [...living, stale]).join('; ')
    expect(await ownerOf(t, (await browser.visit('/', { headers: { cookie } })).token)).toBe(browser.user.id)
  }
})
