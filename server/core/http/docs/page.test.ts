import Fastify, { type FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { publicProcedure, router } from '../../../procedures.js'
import { pageConfig } from '../../../testing/page-config.js'
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
    expect((await app.inject('/docs/page.js')).body).not.toMatch(/['"]\/(?:api|docs)/)
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
    for (const url of ['/docs/swagger-ui.js', '/docs/swagger-ui.css', '/docs', '/api/openapi.json']) {
      sent.length = 0
      const [first] = [await own.inject(url), await own.inject(url)]
      expect(sent[0]).toBeInstanceOf(Buffer)
      expect(sent[1]).toBe(sent[0])
      expect(first.headers).toMatchObject({
        'content-length': String(first.rawPayload.length),
        'cache-control': 'no-cache',
      })
    }
    await own.close()
  })

  it('loads every part of the page from this server', async () => {
    const { body } = await app.inject('/docs')
    const parts = [...body.matchAll(/<(?:script|link)[^>]*(?:src|href)="([^"]+)"/g)].map(
      ([, url = '']) => new URL(url, 'http://localhost/docs').pathname,
    )
    expect(parts.filter((url) => url !== ',')).toEqual([
      '/docs/swagger-ui.css',
      '/docs/page.css',
      '/docs/swagger-ui.js',
      '/docs/page.js',
    ])
    const answers = await Promise.all(parts.slice(1).map((url) => app.inject(url)))
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 200, 200, 200])
  })
})
