import { createHash } from 'node:crypto'
import Fastify, { type FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { z } from 'zod'
import { escapeHtml } from '../../core/escape-html.js'
import { createCoercion } from '../../core/http/rest/coercion.js'
import { listRestProcedures } from '../../core/http/rest/procedures.js'
import { securityHeaders } from '../../core/http/security-headers.js'
import { appRouter } from '../../router.js'
import { pageConfig } from '../../testing/page-config.js'
import { homePage } from './home.js'
import { exampleCalls } from './home-examples.js'
import { allowPageParts, htmlPage } from './html.js'

describe('the home page', () => {
  let app: FastifyInstance
  beforeAll(async () => {
    const config = pageConfig({ NODE_ENV: 'development', PUBLIC_URL: 'http://localhost:4321' })
    app = Fastify()
    securityHeaders(app, config)
    allowPageParts(app)
    await app.register(homePage(config))
  })
  afterAll(() => app.close())

  it('links to what a developer needs first', async () => {
    const { body, headers } = await app.inject('/')
    expect(headers['content-type']).toBe('text/html; charset=utf-8')
    for (const url of ['/docs', '/api/openapi.json', '/dev/mailbox', '/readyz', '/.well-known/jwks.json']) {
      expect(body).toContain(`href="${url.slice(1)}"`)
    }
  })

  it('shows first calls with the address of the server', async () => {
    const { body } = await app.inject('/')
    expect(body).toContain('http://localhost:4321/api/auth/login')
    expect(body).toContain('demo-user-passphrase')
    expect(body).toContain('@plinth/client')
  })

  it('S38: has no inline part that the policy blocks', async () => {
    const { body, headers } = await app.inject('/')

    const inline = [...body.matchAll(/<(?:style|script)>([^]*?)<\/(?:style|script)>/g)]
    expect(inline).toHaveLength(2)
    for (const [, content = ''] of inline) {
      const hash = createHash('sha256').update(content).digest('base64')
      expect(headers['content-security-policy']).toContain(`'sha256-${hash}'`)
    }
    expect(body).not.toMatch(/\son\w+=|\sstyle=/)
  })
})

/** A query as the REST transport parses it, with texts converted to the types of the input. */
function readQuery(input: z.ZodObject | undefined, query: string): Record<string, unknown> {
  const coerce = input ? createCoercion(input) : (_: string, value: unknown) => value
  return Object.fromEntries([...new URLSearchParams(query)].map(([name, value]) => [name, coerce(name, value)]))
}

describe('the first calls', () => {
  it('are accepted by the API', () => {
    const procedures = listRestProcedures(appRouter)
    const calls = exampleCalls.curl('http://localhost:4321').map(({ code }) => {
      const [, path, query = ''] = /\/api(\/[\w/-]+)(?:\?([^'\s]*))?/.exec(code) ?? []
      return { path, query, body: /-d '([^']+)'/.exec(code)?.[1] }
    })
    const taken = calls.map(({ path, query, body }) => {
      const method = body ? 'POST' : 'GET'
      const procedure = procedures.find(({ rest }) => rest.method === method && rest.path === path)
      expect(procedure, `${method} ${path}`).toBeDefined()
      const input = body ? JSON.parse(body) : readQuery(procedure?.input, query)
      expect(procedure?.input?.safeParse(input), `${method} ${path}`).toMatchObject({ success: true })
      return procedure?.path
    })
    expect(taken).toContain('auth.login')
  })
})

describe('htmlPage', () => {
  it('shows any title as text', () => {
    expect(htmlPage({ title: '</title><script>alert(1)</script>', body: '' })).not.toContain('<script>alert')
  })

  it('escapes what could end a tag or an attribute', () => {
    expect(escapeHtml(`<a href="x" id='y'>&amp;`)).toBe('&lt;a href=&quot;x&quot; id=&#39;y&#39;&gt;&amp;amp;')
  })
})
