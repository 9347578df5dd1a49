import { once } from 'node:events'
import { createServer } from 'node:http'
import path from 'node:path'
import { json } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { bind } from './commands/bind.js'
import { startServer } from './testing/server-process.js'
import { createTestDatabase } from './testing/test-database.js'

// A separate process takes long on a busy machine.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 })

interface Span {
  name: string
  traceId: string
  spanId: string
  parentSpanId?: string
  attributes: { key: string; value: Record<string, unknown> }[]
}
interface Exported {
  resourceSpans: { resource: Pick<Span, 'attributes'>; scopeSpans: { spans: Span[] }[] }[]
}

const start = `--import=${path.join(import.meta.dirname, '../docs/operations/tracing.mjs')}`
const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const parentId = '00f067aa0ba902b7'
let database: Awaited<ReturnType<typeof createTestDatabase>>

beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database.drop())

test('tracing.mjs exports a request and its statements, in the trace of the caller, without what a client sent', async () => {
  const collector = await startCollector()
  const { server, url, log } = await startServer(database.url, {
    NODE_OPTIONS: start,
    OTEL_SERVICE_NAME: 'accounts',
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
  })
  const ended = once(server, 'exit')
  const headers = { 'content-type': 'application/json', traceparent: `00-${traceId}-${parentId}-01` }
  const body = JSON.stringify({ email: 'traced@example.com', password: 'a password nobody chose yet' })
  const response = await fetch(`${url}/api/auth/login`, { method: 'POST', headers, body })
  expect(response.status).toBe(401)
  await fetch(`${url}/api/auth/login?secret=1`)
  server.kill('SIGTERM')
  expect(await ended).toEqual([0, null])
  collector.close()

  const { spans, services } = collector
  expect(services).toEqual(new Set(['accounts']))
  const request = spans.find((span) => span.parentSpanId === parentId)
  expect(request).toMatchObject({ traceId })
  const statements = spans.filter((span) => span.parentSpanId === request?.spanId && span.name.startsWith('pg.query'))
  expect(statements.length).toBeGreaterThan(0)
  expect(new Set(statements.map((span) => span.traceId))).toEqual(new Set([traceId]))
  expect(JSON.stringify(spans)).not.toMatch(/readyz|secret=1|traced@|nobody chose/)
  const lines = (await log).split('\n').filter((line) => line.includes(`"span_id":"${request?.spanId}"`))
  expect(lines.join()).toContain(response.headers.get('x-request-id') ?? 'an id')
})

/** Receives what an exporter sends as OTLP in JSON over HTTP. */
async function startCollector() {
  const spans: Span[] = []
  const services = new Set<unknown>()
  const receive = ({ resourceSpans }: Exported) => {
    for (const { resource, scopeSpans } of resourceSpans) {
      services.add(resource.attributes.find(({ key }) => key === 'service.name')?.value.stringValue)
      spans.push(...scopeSpans.flatMap((scope) => scope.spans))
    }
  }
  const server = createServer((request, response) => {
    void json(request).then((body) => {
      receive(body as Exported)
      response.setHeader('content-type', 'application/json').end('{}')
    })
  })
  const port = await bind('127.0.0.1', 0)
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return { url: `http://127.0.0.1:${port}`, spans, services, close: () => server.close() }
}
