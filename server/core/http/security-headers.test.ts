import Fastify, { type FastifyServerOptions } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pageConfig } from '../../testing/page-config.js'
import { allowOrigins } from './cors.js'
import { securityHeaders } from './security-headers.js'

const allowed = 'https://app.example.com'

async function appWith(overrides: Record<string, string>, logger: FastifyServerOptions['logger'] = false) {
  const app = Fastify({ logger })
  const config = pageConfig({ CORS_ORIGINS: allowed, ...overrides })
  securityHeaders(app, config)
  allowOrigins(app, config)
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
    expect(headers.vary).toBe('Origin, Access-Control-Request-Headers')
    expect(headers['access-control-max-age']).toBe('600')
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

  it('S38: allows pages of this machine in development alone, on any port', async () => {
    const [development, production] = await Promise.all([
      appWith({ NODE_ENV: 'development' }),
      appWith({ NODE_ENV: 'production' }),
    ])
    const allowedBy = async (app: typeof development, origin: string) =>
      (await app.inject({ url: '/api/things', headers: { origin } })).headers['access-control-allow-origin'] === origin
    for (const origin of ['http://localhost:5173', 'http://127.0.0.1', 'https://localhost', 'http://[::1]:8081']) {
      expect([await allowedBy(development, origin), await allowedBy(production, origin)]).toEqual([true, false])
    }
    for (const origin of [
      'http://localhost.evil.com',
      'http://evil.com:5173',
      'http://localhost:5173/',
      'http://10.0.0.1',
    ]) {
      expect(await allowedBy(development, origin)).toBe(false)
    }
    await Promise.all([development.close(), production.close()])
  })

  it('allows the origin of an app with a scheme of its own, as browsers send it', async () => {
    const origins = [
      'capacitor://localhost',
      'tauri://localhost',
      'chrome-extension://mhjfbmdgcfjbbpaeojofohoefgiehjai',
    ]
    const app = await appWith({ CORS_ORIGINS: origins.join(','), NODE_ENV: 'production' })
    for (const origin of origins) {
      const { headers } = await app.inject({ url: '/api/things', headers: { origin } })
      expect(headers['access-control-allow-origin']).toBe(origin)
    }
    await app.close()
  })

  it('names each refused origin in the log once, with the setting that allows it, and not without end', async () => {
    const lines: string[] = []
    const noisy = await appWith({}, { level: 'warn', stream: { write: (line: string) => lines.push(line) } })
    const request = (origin: string) => noisy.inject({ url: '/api/things', headers: { origin } })
    for (const origin of [
      'http://localhost:5173',
      'http://localhost:5173',
      allowed,
      'http://localhost:3000',
      'null',
      '',
    ]) {
      await request(origin)
    }
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { origin: 'http://localhost:5173', msg: expect.stringContaining('CORS_ORIGINS') },
    ])
    for (let port = 1; port < 100; port += 1) await request(`https://evil.example:${port}`)
    expect(lines).toHaveLength(20)
    await noisy.close()
  })
})
