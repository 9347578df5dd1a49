import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTransportApp } from '../../testing/transport-app.js'
import { transportRouter } from '../../testing/transport-router.js'

type Transport = Awaited<ReturnType<typeof createTransportApp>>
const transports: Transport[] = []
const start = async (settings: Parameters<typeof createTransportApp>[1] = {}) => {
  const transport = await createTransportApp(transportRouter, settings)
  transports.push(transport)
  return transport
}
afterAll(() => Promise.all(transports.map(({ app }) => app.close())))

let development: Transport
beforeAll(async () => {
  development = await start()
})

const cookieOf = async ({ app }: Transport, url = '/api/login') => {
  const headers = { 'content-type': 'application/json' }
  return String((await app.inject({ method: 'POST', url, headers })).headers['set-cookie'])
}
const refresh = (headers: Record<string, string>, cookie = 'app_refresh=secret-token') =>
  development.app.inject({ method: 'POST', url: '/api/refresh', headers: { cookie, ...headers } })

describe('S40: the refresh cookie', () => {
  it('is HttpOnly and SameSite in development, without Secure', async () => {
    const expected = 'app_refresh=secret-token; Path=/; Expires=Tue, 01 Jan 2030 00:00:00 GMT; HttpOnly; SameSite=Lax'
    expect(await cookieOf(development)).toBe(expected)
    expect(await cookieOf(development, '/trpc/login')).toBe(expected)
  })

  it('is bound to the host in production', async () => {
    const cookie = await cookieOf(await start({ isProduction: true }))
    expect(cookie).toMatch(/^__Host-app_refresh=/)
    expect(cookie).toContain('; Secure')
    expect(cookie).not.toContain('Domain')
  })

  it('is valid for the configured domain', async () => {
    const cookie = await cookieOf(await start({ isProduction: true, cookieDomain: 'example.com' }))
    expect(cookie).toMatch(/^app_refresh=.*Domain=example.com/)
    expect(cookie).toContain('; Secure')
  })

  it.each(['https://api.example.com', 'https://app.example.com', 'https://admin.example.com'])(
    'is read from %s',
    async (origin) => {
      expect((await refresh({ origin })).json()).toEqual({ data: { token: 'secret-token' } })
    },
  )

  it.each([
    'https://evil.example.com',
    'https://app.example.com.evil.com',
    'http://app.example.com',
    'https://app.example.com:8443',
    'https://app.example.com/start',
    'null',
    '',
  ])('is rejected from the origin "%s"', async (origin) => {
    const answer = await refresh({ origin })
    expect([answer.statusCode, answer.json().error.code]).toEqual([403, 'FORBIDDEN'])
  })

  it.each(['http://localhost:5173', 'http://127.0.0.1:8081', 'https://[::1]'])(
    'is read from %s in development alone',
    async (origin) => {
      const request = {
        method: 'POST',
        url: '/api/refresh',
        headers: { cookie: 'app_refresh=secret-token', origin },
      } as const
      const modes = [await start({ mode: 'development' }), development, await start({ isProduction: true })]
      const cookie = `${request.headers.cookie}; __Host-app_refresh=secret-token`
      const answers = await Promise.all(
        modes.map(({ app }) => app.inject({ ...request, headers: { ...request.headers, cookie } })),
      )
      expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 403, 403])
    },
  )

  it('is rejected without an origin', async () => {
    expect((await refresh({})).statusCode).toBe(403)
  })

  it('counts as absent if there is none, for any origin', async () => {
    for (const cookie of ['other=1', 'app_refresh=']) {
      expect((await refresh({ origin: 'https://evil.com' }, cookie)).json()).toEqual({ data: { token: null } })
    }
  })
})
