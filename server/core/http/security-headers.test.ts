import Fastify from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pageConfig } from '../../testing/page-config.js'
import { securityHeaders } from './security-headers.js'

const allowed = 'https://app.example.com'

async function appWith(overrides: Record<string, string>) {
  const app = Fastify()
  await securityHeaders(app, pageConfig({ CORS_ORIGINS: allowed, ...overrides }))
  app.get('/api/things', () => ({}))
  app.get('/tagged', (_request, reply) => reply.header('cache-control', 'max-age=60').send({}))
  return app
}

describe('security headers', () => {
  let app: Awaited<ReturnType<typeof appWith>>
  beforeAll(async () => {
    app = await appWith({})
  })
  afterAll(() => app.close())

  const preflight = (origin: string) =>
    app.inject({
      method: 'OPTIONS',
      url: '/api/things',
      headers: { origin, 'access-control-request-method': 'PATCH', 'access-control-request-headers': 'if-match' },
    })

  it('S38: every response, 404 included, has a policy without unsafe parts and cannot be framed', async () => {
    for (const url of ['/api/things', '/nowhere']) {
      const { headers } = await app.inject(url)
      const policy = String(headers['content-security-policy'])
      expect(policy).toContain("default-src 'none'")
      expect(policy).toContain("frame-ancestors 'none'")
      expect(policy).not.toMatch(/unsafe|https?:|\*/)
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
        'cross-origin-resource-policy': 'same-origin',
        'cache-control': 'no-store',
      })
      expect(headers).not.toHaveProperty('x-powered-by')
    }
  })

  it('S38: requires HTTPS permanently in production, and never in development', async () => {
    const production = await appWith({ NODE_ENV: 'production' })
    const secure = await production.inject('/api/things')
    expect(secure.headers['strict-transport-security']).toBe('max-age=31536000; includeSubDomains')
    expect((await app.inject('/api/things')).headers).not.toHaveProperty('strict-transport-security')
    await production.close()
  })

  it('S38: an allowed origin may read responses and their headers, with credentials', async () => {
    const { headers } = await app.inject({ url: '/api/things', headers: { origin: allowed } })
    expect(headers['access-control-allow-origin']).toBe(allowed)
    expect(headers['access-control-allow-credentials']).toBe('true')
    for (const name of ['x-request-id', 'Link', 'ETag', 'Location', 'Retry-After', 'RateLimit']) {
      expect(headers['access-control-expose-headers']).toContain(name)
    }
  })

  it('S38: an allowed origin may send every method and header that the API accepts', async () => {
    const { statusCode, headers } = await preflight(allowed)
    expect(statusCode).toBe(204)
    expect(headers['access-control-allow-methods']).toContain('PATCH')
    expect(headers['access-control-allow-headers']).toContain('if-match')
  })

  it.each([
    'https://evil.example.com',
    `${allowed}.evil.com`,
    'http://app.example.com',
    `${allowed}:8443`,
    'https://sub.app.example.com',
    'null',
  ])('S38: another origin gets no CORS header: %s', async (origin) => {
    const answers = [await app.inject({ url: '/api/things', headers: { origin } }), await preflight(origin)]
    for (const { headers } of answers) {
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([])
    }
  })

  it('tells caches that responses differ by origin', async () => {
    for (const origin of [allowed, 'https://evil.example.com']) {
      const { headers } = await app.inject({ url: '/tagged', headers: { origin } })
      expect(headers.vary).toContain('Origin')
    }
    expect((await app.inject('/tagged')).headers.vary).toContain('Origin')
  })

  it('keeps the caching that a route chose', async () => {
    expect((await app.inject('/tagged')).headers['cache-control']).toBe('max-age=60')
  })

  it('S38: allows the origin of the frontend only in development', async () => {
    const APP_URL = 'http://localhost:5173/app'
    const [development, production] = await Promise.all([
      appWith({ APP_URL, NODE_ENV: 'development' }),
      appWith({ APP_URL, NODE_ENV: 'production' }),
    ])
    const request = { url: '/api/things', headers: { origin: 'http://localhost:5173' } }
    expect((await development.inject(request)).headers['access-control-allow-origin']).toBe('http://localhost:5173')
    expect((await production.inject(request)).headers).not.toHaveProperty('access-control-allow-origin')
    await Promise.all([development.close(), production.close()])
  })
})
