import { NextRequest } from 'next/server.js'
import { refreshCookieName } from '../../server/testing/browser-jar.js'
import { createUser } from '../../server/testing/factories.js'
import { testPassword } from '../../server/testing/secrets.js'
import type { TestApp } from '../../server/testing/test-app.js'
import { type ApiClientOptions, createApiClient } from '../api-client.js'
import { type SessionProxyOptions, sessionProxy } from '../next-proxy.js'
import { readSession } from '../next-server.js'

/** The origin of the frontend with Next. */
export const frontend = 'http://app.localhost:5173'

export const accessCookie = refreshCookieName.replace('_refresh', '_access')

const json = { 'content-type': 'application/json' }
// That of Node.js, which tests replace.
const send = globalThis.fetch
let browsers = 0

/** Who a token belongs to, as the server sees it. */
export async function ownerOf(t: TestApp, token: string | undefined): Promise<string | undefined> {
  const reply = await t.app.inject({ url: '/api/users/me', headers: { authorization: `Bearer ${token}` } })
  const { data } = reply.json<{ data?: { id: string } }>()
  return data?.id
}

/** A browser with the cookies of a new login. */
export async function logIn(t: TestApp, options: SessionProxyOptions = {}) {
  const user = await createUser(t)
  const browser = createBrowser(options)
  await browser.post('auth.login', { email: user.email, password: testPassword, delivery: 'cookie' })
  const generation = async () => (await t.db.session.findFirstOrThrow({ where: { userId: user.id } })).generation
  return { ...browser, user, generation }
}

/** A browser, whose requests pass through the proxy of a frontend, and to the server that `API_URL` names. */
export function createBrowser(options: SessionProxyOptions = {}, jar: [string, string][] = []) {
  const proxy = sessionProxy({ protect: ['/account', '/login'], ...options })
  const { cookies, expires, header, store } = createJar(jar)
  // An address may log in 20 times a minute.
  browsers += 1
  const address = `198.51.100.${browsers}`
  /** Passes a request through the proxy. `token` and `headers` are what the page would see. */
  async function visit(path: string, init: { method?: string; headers?: object; body?: string } = {}) {
    const headers = { host: 'shop.example', ...(cookies.size > 0 && { cookie: header() }), ...init.headers }
    const request = new NextRequest(`http://shop.example${path}`, { ...init, headers })
    const response = await proxy(request)
    store(response)
    const names = response.headers.get('x-middleware-override-headers')?.split(',') ?? []
    const seen = Object.fromEntries(names.map((name) => [name, response.headers.get(`x-middleware-request-${name}`)]))
    const seenRequest = new NextRequest(frontend, { headers: { cookie: seen.cookie ?? '' } })
    return { response, headers: seen, token: readSession(seenRequest.cookies.getAll())?.accessToken }
  }
  /** Sends a call as Next does: to the proxy, and then where it says. */
  async function call(path: string, init: { method?: string; headers?: object; body?: string }) {
    const { response } = await visit(path, init)
    const target = response.headers.get('x-middleware-rewrite')
    if (!target) return response
    const from = { origin: frontend, 'x-forwarded-for': address }
    const headers = { ...Object.fromEntries(new Headers({ ...init.headers })), cookie: header(), ...from }
    const reply = await send(target, { ...init, headers })
    store(reply)
    return reply
  }
  const fetch: ApiClientOptions['fetch'] = async (input, { method = 'GET', headers, body } = {}) => {
    const { pathname, search } = new URL(String(input))
    return call(pathname + search, { method, headers: { ...headers }, ...(typeof body === 'string' && { body }) })
  }
  return {
    cookies,
    expires,
    store,
    visit,
    copy: () => createBrowser(options, [...cookies]),
    post: (path: string, input: object) =>
      call(`/trpc/${path}`, { method: 'POST', headers: json, body: JSON.stringify({ json: input }) }),
    client: () => createApiClient({ url: frontend, delivery: 'cookie', fetch }),
  }
}

function createJar(jar: [string, string][]) {
  const cookies = new Map(jar)
  const expires: number[] = []
  const header = () => [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  const store = (response: Response) => {
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (value) cookies.set(name, value)
      else cookies.delete(name)
      if (name === refreshCookieName) expires.unshift(Date.parse(/expires=([^;]+)/i.exec(line)?.[1] ?? ''))
    }
  }
  return { cookies, expires, header, store }
}
