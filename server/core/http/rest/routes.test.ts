import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import type { InjectOptions } from 'fastify'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createTransportApp, transportToken } from '../../../testing/transport-app.js'
import { transportRouter } from '../../../testing/transport-router.js'

let transport: Awaited<ReturnType<typeof createTransportApp>>
const authorization = `Bearer ${transportToken}`

beforeAll(async () => {
  transport = await createTransportApp(transportRouter)
})
afterAll(() => transport.app.close())

const send = (method: InjectOptions['method'], url: string, body?: object, headers = {}) =>
  transport.app.inject({ method: method ?? 'GET', url, headers, ...(body && { payload: body }) })
const patch = (body: object, headers = {}) => send('PATCH', '/api/notes/n1', body, { authorization, ...headers })
const errorOf = (answer: Awaited<ReturnType<typeof send>>) => answer.json().error

const tagPattern = /^"3\.[\w-]{16}"$/

describe('success', () => {
  it('returns an object as data, with times in ISO 8601', async () => {
    const answer = await send('GET', '/api/notes/n9')
    expect(answer.statusCode).toBe(200)
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8')
    const data = { id: 'n9', title: 'First', createdAt: '2026-01-02T03:04:05.678Z', version: 3 }
    expect(answer.json()).toEqual({ data })
  })

  it('returns a page as data and meta, with a link to the next one', async () => {
    const first = await send('GET', '/api/notes?limit=5&tags=a&tags=b')
    expect(first.json()).toMatchObject({ data: [{ id: 'n1' }], meta: { limit: 5, nextCursor: 'a/b+c' } })
    const next = 'https://api.example.com/api/notes?limit=5&tags=a&tags=b&cursor=a%2Fb%2Bc'
    expect(first.headers.link).toBe(`<${next}>; rel="next"`)
    const last = await send('GET', next.replace('https://api.example.com', ''))
    expect([last.statusCode, last.headers.link]).toEqual([200, undefined])
  })

  it('returns 201 with the location of the new resource', async () => {
    const answer = await send('POST', '/api/notes', { title: 'T' })
    expect([answer.statusCode, answer.headers.location, answer.headers.etag]).toEqual([
      201,
      '/api/notes/n1',
      expect.stringMatching(tagPattern),
    ])
  })

  it('S24: a whole URL as the target of a request does not put its host into Location and Link', async () => {
    const headers = { host: 'evil.example' }
    const made = await send('POST', 'http://evil.example/api/notes', { title: 'T' }, headers)
    expect([made.statusCode, made.headers.location]).toEqual([201, '/api/notes/n1'])
    const listed = await overSocket('GET http://evil.example/api/notes HTTP/1.1')
    expect(listed).toMatch(/^HTTP\/1.1 200 /)
    expect(listed).toContain('link: <https://api.example.com/api/notes?cursor=')
    expect(listed).not.toContain('evil')
  })

  it('returns 204 without a body, also for an empty JSON body', async () => {
    const headers = { 'content-type': 'application/json; charset=utf-8' }
    const answer = await transport.app.inject({ method: 'DELETE', url: '/api/notes/n1', headers, payload: '' })
    expect([answer.statusCode, answer.body]).toEqual([204, ''])
  })

  it('supports HEAD for every GET route', async () => {
    const answer = await send('HEAD', '/api/notes/n1')
    expect([answer.statusCode, answer.body, answer.headers.etag]).toEqual([200, '', expect.stringMatching(tagPattern)])
  })

  it('reports the charged limits', async () => {
    const { headers } = await send('POST', '/api/limited')
    expect(headers['ratelimit-policy']).toBe('"twice";q=2;w=60')
    expect(headers.ratelimit).toBe('"twice";r=1;t=60')
    await send('POST', '/api/limited')
    const refused = await send('POST', '/api/limited')
    expect([refused.statusCode, refused.headers['retry-after'], errorOf(refused).code]).toEqual([
      429,
      '7',
      'RATE_LIMITED',
    ])
    expect(refused.headers['ratelimit-policy']).toBe('"twice";q=2;w=60')
    expect(refused.headers.ratelimit).toBe('"twice";r=0;t=7')
  })
})

it('leads to what was made and to the next page below the path of PUBLIC_URL', async () => {
  const proxied = await createTransportApp(transportRouter, { publicUrl: 'https://example.com/shop' })
  const made = await proxied.app.inject({ method: 'POST', url: '/api/notes', payload: { title: 'T' } })
  expect(made.headers.location).toBe('/shop/api/notes/n1')
  const listed = await proxied.app.inject('/api/notes')
  expect(listed.headers.link).toContain('<https://example.com/shop/api/notes?cursor=')
  await proxied.app.close()
})

describe('errors', () => {
  it('have the error format, with the request id', async () => {
    const error = errorOf(await send('GET', '/api/nothing'))
    expect(error).toEqual({ code: 'NOT_FOUND', message: expect.any(String), requestId: expect.stringMatching(/./) })
  })

  it('name the methods of a known path', async () => {
    const answer = await send('PUT', '/api/notes/n1', { id: 'x' })
    expect([answer.statusCode, errorOf(answer).code]).toEqual([405, 'METHOD_NOT_ALLOWED'])
    expect(answer.headers.allow).toBe('GET, HEAD, PATCH, DELETE')
    expect((await send('OPTIONS', '/api/notes/n1')).statusCode).toBe(204)
    expect((await send('OPTIONS', '/api/notes/n1')).headers.allow).toBe('GET, HEAD, PATCH, DELETE')
    expect(await overSocket('TRACE /api/notes/n1 HTTP/1.1')).toMatch(/^HTTP\/1.1 405 /)
    expect((await send('OPTIONS', '/api/nothing')).statusCode).toBe(404)
    expect((await send('HEAD', '/api/login')).headers.allow).toBe('POST')
    expect((await send('PATCH', '/api/notes/me', {})).headers.allow).toBe('GET, HEAD')
  })

  it('challenge clients without a valid credential', async () => {
    const none = await send('GET', '/api/notes/me')
    expect([none.statusCode, none.headers['www-authenticate']]).toEqual([401, 'Bearer'])
    for (const wrong of ['Bearer wrong', 'Bearer', 'Basic dTpw', 'Bearer a b', '\u00e9']) {
      const answer = await send('GET', '/api/notes/me', undefined, { authorization: wrong })
      expect([answer.statusCode, answer.headers['www-authenticate']]).toEqual([401, 'Bearer error="invalid_token"'])
    }
  })

  it('S36: are generic if they were unexpected, and logged once with the stack', async () => {
    transport.errors.length = 0
    const answer = await send('GET', '/api/crash')
    expect([answer.statusCode, errorOf(answer).code]).toEqual([500, 'INTERNAL_ERROR'])
    expect(answer.body).not.toMatch(/hunter2|stack|at /)
    expect(transport.errors.map(({ err }) => err?.stack.includes('hunter2'))).toEqual([true])
  })

  it.each(['/api/notes/me', '/trpc/me'])(
    'S36: outside of any procedure, are generic and logged once with the stack: %s',
    async (path) => {
      const fail = async () => Promise.reject(new Error('hunter2'))
      vi.spyOn(transport.container.authenticator, 'authenticate').mockImplementationOnce(fail)
      transport.errors.length = 0
      const answer = await send('GET', path, undefined, { authorization: 'Bearer any' })
      expect(answer.statusCode).toBe(500)
      expect(answer.body).toContain('INTERNAL_ERROR')
      expect(answer.body).not.toMatch(/hunter2|stack|at /)
      expect(transport.errors.map(({ err }) => err?.stack.includes('hunter2'))).toEqual([true])
    },
  )

  it('S11: have Retry-After if the service is busy', async () => {
    const answer = await send('GET', '/api/busy')
    expect([answer.statusCode, answer.headers['retry-after']]).toEqual([503, '4'])
  })

  it('occur for a path that is not URL encoded', async () => {
    const answer = await send('GET', '/api/notes/%zz')
    expect([answer.statusCode, errorOf(answer).code]).toEqual([400, 'BAD_REQUEST'])
    expect(answer.headers['x-request-id']).toBe(errorOf(answer).requestId)
  })

  it('check access before input', async () => {
    expect((await send('PATCH', '/api/notes/n1', { wrong: 1 })).statusCode).toBe(401)
  })
})

describe('preconditions', () => {
  const tagOf = async (id: string) => String((await send('GET', `/api/notes/${id}`)).headers.etag)

  it.each(['TAG', 'W/TAG', '*', '"1", W/TAG', '"1,2",TAG'])('answer 304 to If-None-Match: %s', async (form) => {
    const tag = await tagOf('n1')
    const answer = await send('GET', '/api/notes/n1', undefined, { 'if-none-match': form.replace('TAG', tag) })
    expect([answer.statusCode, answer.body, answer.headers.etag]).toEqual([304, '', tag])
  })

  it('tell representations of one version apart', async () => {
    const answer = await send('GET', '/api/notes/n2', undefined, { 'if-none-match': await tagOf('n1') })
    expect(answer.statusCode).toBe(200)
  })

  it.each(['"4"', '3', '', '"33"', '"3"', '"3'])('answer 200 to If-None-Match: %s', async (tag) => {
    expect((await send('GET', '/api/notes/n1', undefined, { 'if-none-match': tag })).statusCode).toBe(200)
  })

  it('pass If-Match as the version', async () => {
    expect((await patch({}, { 'if-match': '"7"' })).json().data.version).toBe(8)
    expect((await patch({ version: 7 }, { 'if-match': '"7"' })).json().data.version).toBe(8)
    expect((await patch({}, { 'if-match': '*' })).json().data.version).toBe(1)
    expect((await patch({}, { 'if-match': await tagOf('n1') })).json().data.version).toBe(4)
    expect((await patch({}, { 'if-match': '"3.of-another-representation"' })).json().data.version).toBe(4)
    expect((await patch({}, { 'if-match': 'W/"2", "abc", "3"' })).json().data.version).toBe(4)
  })

  it('choose from a list in If-Match the version that the row has', async () => {
    expect((await patch({}, { 'if-match': '"2", "3"' })).json().data.version).toBe(4)
    expect((await patch({}, { 'if-match': '"4", "5"' })).statusCode).toBe(412)
  })

  it.each([
    ['7', 400, 'BAD_REQUEST'],
    ['"7', 400, 'BAD_REQUEST'],
    ['"7", 8', 400, 'BAD_REQUEST'],
    ['*, "7"', 400, 'BAD_REQUEST'],
    ['"7", "8"', 412, 'VERSION_MISMATCH'],
    ['"07"', 412, 'VERSION_MISMATCH'],
    ['', 400, 'BAD_REQUEST'],
    ['W/"7"', 412, 'VERSION_MISMATCH'],
    ['"abc"', 412, 'VERSION_MISMATCH'],
    ['"0"', 412, 'VERSION_MISMATCH'],
  ])('refuse If-Match: %s', async (tag, status, code) => {
    const answer = await patch({}, { 'if-match': tag })
    expect([answer.statusCode, errorOf(answer).code]).toEqual([status, code])
  })

  it.each(['*', 'TAG', 'W/TAG', '"1", TAG'])('refuse a change with If-None-Match: %s', async (form) => {
    const headers = { 'if-none-match': form.replace('TAG', await tagOf('n1')) }
    const { statusCode, body } = await patch({}, headers)
    expect([statusCode, body]).toEqual([412, expect.stringContaining('VERSION_MISMATCH')])
    expect((await send('DELETE', '/api/notes/n1', undefined, headers)).statusCode).toBe(412)
  })

  it('bind a change with an If-None-Match that names other representations to the version that was compared', async () => {
    const headers = { 'if-none-match': '"3", "2.abc"' }
    expect((await patch({}, headers)).json().data.version).toBe(4)
    expect((await patch({ version: 9 }, headers)).statusCode).toBe(400)
  })

  it.each([
    ['If-Match', '"3"', 'POST', '/api/notes', 412],
    ['If-Match', '*', 'POST', '/api/notes', 201],
    ['If-None-Match', '*', 'POST', '/api/notes', 412],
    ['If-None-Match', '"3"', 'POST', '/api/notes', 201],
    ['If-Match', '"3"', 'POST', '/api/login', 412],
    ['If-None-Match', '*', 'POST', '/api/login', 200],
    ['If-Match', '"4"', 'DELETE', '/api/notes/n1', 412],
    ['If-Match', '"3"', 'DELETE', '/api/notes/n1', 204],
    ['If-None-Match', 'x', 'DELETE', '/api/notes/n1', 400],
  ] as const)(
    '%s: %s of %s %s is %d, whether the input takes a version or not',
    async (name, tag, method, url, status) => {
      const body = url === '/api/notes' ? { title: 'T' } : undefined
      expect((await send(method, url, body, { [name]: tag })).statusCode).toBe(status)
    },
  )

  it('come after access', async () => {
    expect((await send('PATCH', '/api/notes/n1', {}, { 'if-none-match': '*' })).statusCode).toBe(401)
  })

  it('refuse a version in the body that contradicts If-Match', async () => {
    expect(errorOf(await patch({ version: 6 }, { 'if-match': '"7"' })).code).toBe('BAD_REQUEST')
  })
})

/** Sends a raw request, and returns the raw response. */
async function overSocket(requestLine: string): Promise<string> {
  if (!transport.app.server.listening) await transport.app.listen({ port: 0, host: '127.0.0.1' })
  const socket = connect(Number(new URL(transport.app.listeningOrigin).port), '127.0.0.1')
  socket.write(`${requestLine}\r\nHost: evil.example\r\nConnection: close\r\n\r\n`)
  return text(socket)
}
