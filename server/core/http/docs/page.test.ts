import { gunzipSync } from 'node:zlib'
import Fastify, { type FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { demoScriptPath, docsDemo } from '../../../development/pages/docs-demo.js'
import { publicProcedure, router } from '../../../procedures.js'
import { pageConfig } from '../../../testing/page-config.js'
import { securityHeaders } from '../security-headers.js'
import { docsPage } from './page.js'

const pingRouter = router({
  ping: publicProcedure
    .meta({ rest: { method: 'GET', path: '/ping' } })
    .output(z.object({ isUp: z.boolean() }))
    .query(() => ({ isUp: true })),
})

describe('the API reference', () => {
  let app: FastifyInstance
  beforeAll(async () => {
    app = Fastify()
    await app.register(docsPage(pingRouter, pageConfig({ PUBLIC_URL: 'https://api.example.com' })))
  })
  afterAll(() => app.close())

  it('serves the document of the router, with the address from the settings', async () => {
    const answer = await app.inject('/api/openapi.json')
    expect(answer.headers['content-type']).toContain('application/json')
    expect(answer.json()).toMatchObject({
      openapi: '3.1.0',
      servers: [{ url: 'https://api.example.com/api' }],
      paths: { '/ping': { get: { operationId: 'ping' } } },
    })
  })

  it('refers to its files by relative addresses, so that it works below a path of a proxy', async () => {
    const { body } = await app.inject('/docs')
    expect(body.match(/(?:href|src)="[^"]+"/g)?.length).toBeGreaterThan(4)
    expect(body).not.toMatch(/(?:href|src)="\/|fetch\('\//)
    expect((await app.inject('/docs/page.js')).body).not.toMatch(/fetch\(['"]\//)
  })

  it('has the title of the application as text', async () => {
    const own = Fastify()
    const config = { ...pageConfig(), app: { name: 'a', title: '<b>&' } }
    await own.register(docsPage(pingRouter, config))
    expect((await own.inject('/docs')).body).toContain('<title>&lt;b&gt;&amp; API</title>')
    await own.close()
  })

  it('returns 304 to a client that has the current document', async () => {
    const { headers } = await app.inject('/api/openapi.json')
    const etag = String(headers.etag)
    const again = await app.inject({ url: '/api/openapi.json', headers: { 'if-none-match': etag } })
    expect(again.statusCode).toBe(304)
    expect(again.body).toBe('')
    const stale = await app.inject({ url: '/api/openapi.json', headers: { 'if-none-match': '"other"' } })
    expect(stale.statusCode).toBe(200)
  })

  it('S52: sends one shared copy of a file, with its length', async () => {
    const sent: unknown[] = []
    const own = Fastify()
    own.addHook('onSend', async (_request, _reply, payload) => void sent.push(payload))
    await own.register(docsPage(pingRouter, pageConfig()))
    for (const url of [await referencePath(own), '/docs/page.css', '/docs', '/api/openapi.json']) {
      sent.length = 0
      const [first] = [await own.inject(url), await own.inject(url)]
      expect(sent[0]).toBeInstanceOf(Buffer)
      expect(sent[1]).toBe(sent[0])
      expect(first.headers['content-length']).toBe(String(first.rawPayload.length))
    }
    await own.close()
  })

  it('sends the script of the reference compressed to clients that accept it, and lets them keep it', async () => {
    const url = await referencePath(app)
    const get = (encoding?: string) =>
      app.inject({ url, headers: encoding === undefined ? {} : { 'accept-encoding': encoding } })
    const [plain, gzipped, refused] = [await get(), await get('br, gzip'), await get('gzip;q=0, br')]
    expect([plain, gzipped, refused].map(({ headers }) => headers['content-encoding'])).toEqual([
      undefined,
      'gzip',
      undefined,
    ])
    expect(gunzipSync(gzipped.rawPayload).equals(plain.rawPayload)).toBe(true)
    expect(refused.rawPayload.equals(plain.rawPayload)).toBe(true)
    expect(gzipped.headers).toMatchObject({
      'cache-control': 'public, max-age=31536000, immutable',
      vary: expect.stringContaining('Accept-Encoding'),
    })
    expect(url).toContain(String(gzipped.headers.etag).replaceAll('"', ''))
    expect((await app.inject('/docs/page.js')).headers['cache-control']).toBe('no-cache')
  })

  it('S38: allows inline styles to this page alone, and inline scripts to none', async () => {
    const own = Fastify()
    await securityHeaders(own, pageConfig())
    await own.register(docsPage(pingRouter, pageConfig()))
    const policyOf = async (url: string) => String((await own.inject(url)).headers['content-security-policy'])
    expect(await policyOf('/docs')).toContain("script-src 'self';style-src 'self' 'unsafe-inline';")
    for (const url of [await referencePath(own), '/docs/page.js', '/api/openapi.json', '/nothing']) {
      expect(await policyOf(url)).not.toContain('unsafe')
    }
    await own.close()
  })

  it('offers no login in production', async () => {
    const { body } = await app.inject('/docs')
    const script = await app.inject('/docs/page.js')
    expect(body + script.body).not.toMatch(/demo|passphrase/)
    expect((await app.inject(`/${demoScriptPath}`)).statusCode).toBe(404)
  })

  it('loads every part of the page from this server, in order', async () => {
    const own = Fastify()
    await own.register(docsPage(pingRouter, pageConfig(), { scripts: [demoScriptPath] }))
    await own.register(docsDemo)
    const parts = partsOf((await own.inject('/docs')).body)
    expect(parts.map((url) => url.replace(/-[\w-]{22}\./, '.'))).toEqual([
      '/docs/page.css',
      '/docs/reference.js',
      '/docs/demo.js',
      '/docs/page.js',
    ])
    const answers = await Promise.all(parts.map((url) => own.inject(url)))
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 200, 200, 200])
    await own.close()
  })
})

function partsOf(html: string): string[] {
  const links = [...html.matchAll(/<(?:script|link)[^>]*(?:src|href)="([^"]+)"/g)].map(([, url = '']) => url)
  return links.filter((url) => !url.startsWith('data:')).map((url) => new URL(url, 'http://localhost/docs').pathname)
}

async function referencePath(app: FastifyInstance): Promise<string> {
  return partsOf((await app.inject('/docs')).body).find((url) => url.includes('/reference-')) ?? ''
}
