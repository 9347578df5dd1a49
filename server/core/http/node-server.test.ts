import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import Fastify, { type FastifyInstance, LogController } from 'fastify'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { exchange, openSocket, received } from '../../testing/raw-socket.js'
import { acceptOnlyJson } from './body-parser.js'
import { answerClientError } from './client-errors.js'
import { registerErrorHandling } from './errors.js'
import { createNodeServer } from './node-server.js'
import { checkRequests } from './request-checks.js'
import { logRequests, requestIdOf } from './request-log.js'

let lines: { level: number; msg: string; requestId: string; err?: object }[]
const large = Buffer.alloc(32 * 1024 * 1024)
let app: FastifyInstance
let port: number
const begun: string[] = []
let running = 0
let most = 0

beforeEach(async () => {
  begun.length = 0
  most = 0
  // A separate list, because a line of the previous test may still arrive.
  const written: typeof lines = []
  lines = written
  app = Fastify({
    serverFactory: createNodeServer,
    genReqId: requestIdOf,
    clientErrorHandler: answerClientError,
    logger: { level: 'info', stream: { write: (line) => written.push(JSON.parse(line)) } },
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
  })
  logRequests(app)
  registerErrorHandling(app)
  checkRequests(app)
  acceptOnlyJson(app)
  app.get('/quick', () => ({ isQuick: true }))
  app.get('/large', (_request, reply) => reply.send(large))
  app.get<{ Params: { name: string } }>('/slow/:name', async ({ params, raw }) => {
    begun.push(params.name)
    most = Math.max(most, ++running)
    await (params.name === 'held' ? once(raw.socket, 'close') : sleep(20))
    running -= 1
    return params
  })
  app.post('/things', ({ body }) => ({ size: Buffer.isBuffer(body) ? body.length : 0 }))
  await app.listen({ port: 0, host: '127.0.0.1' })
  port = Number(new URL(app.listeningOrigin).port)
  lines.length = 0
})
afterEach(async () => {
  app.server.closeAllConnections()
  await app.close()
})

const get = (path: string, more = '') => `GET ${path} HTTP/1.1\nHost: localhost\n${more}\n`
const start = 'POST /things HTTP/1.1\nHost: localhost\nContent-Type: application/json\nContent-Length: 900\n\n{'
const crlf = (text: string) => text.replaceAll('\n', '\r\n')
const names = (count: number) => Array.from({ length: count }, (_, index) => `n${index}`)

describe('S52: requests that arrive before the response to the previous one', () => {
  it('get responses in order, one at a time', async () => {
    const requests = names(8).map((name) => get(`/slow/${name}`, name === 'n7' ? 'Connection: close\n' : ''))
    const answers = await exchange(port, requests.join(''))
    expect([...answers.matchAll(/"name":"(\w+)"/g)].map(([, name]) => name)).toEqual(names(8))
    expect(most).toBe(1)
  })

  it('close the connection if there are more than eight', async () => {
    const answers = await exchange(
      port,
      names(1_000)
        .map((name) => get(`/slow/${name}`))
        .join(''),
    )
    expect(answers).toBe('')
    await vi.waitFor(() => expect(running).toBe(0))
    expect(most).toBe(1)
  })

  it('are not started if the client has disconnected, or was told that the connection ends', async () => {
    const closing = get('/slow/first', 'Connection: close\n')
    await exchange(port, closing + get('/slow/second'))
    const socket = await openSocket(port)
    socket.write(crlf(get('/slow/held') + get('/slow/fourth')))
    await vi.waitFor(() => expect(begun).toContain('held'))
    socket.destroy()
    await vi.waitFor(() => expect(running).toBe(0))
    await exchange(port, get('/slow/last', 'Connection: close\n'))
    expect(begun).toEqual(['first', 'held', 'last'])
  })
})

describe('S52: a connection without traffic', () => {
  beforeEach(() => {
    app.server.timeout = 200
  })

  it('is closed if the client does not read', async () => {
    const client = await openSocket(port)
    client.pause().write(crlf(get('/large')))
    const [{ socket }] = await once(app.server, 'request')
    await vi.waitFor(() => expect(socket.destroyed).toBe(true), { timeout: 10_000 })
    // The unread response is discarded: a connection that was only closed would accept one more packet.
    const failure = once(client, 'error')
    client.write('x')
    expect(await failure).toEqual([expect.objectContaining({ code: 'ECONNRESET' })])
  })

  it('results in 408 if the body does not arrive, and in a log line without a stack', async () => {
    const answer = await exchange(port, start)
    expect(answer).toMatch(/^HTTP\/1.1 408 /)
    expect(lines).toEqual([expect.objectContaining({ level: 30, msg: 'request aborted by the client' })])
    expect(answer).toContain(`x-request-id: ${lines[0]?.requestId}`)
  })
})

describe('S53: a body that does not arrive', () => {
  it('results in 408 in the error format when the time of the request is over, however slowly it arrives', async () => {
    Object.assign(app.server, { headersTimeout: 400, requestTimeout: 500 })
    const socket = await openSocket(port)
    socket.write(crlf(start))
    const trickle = setInterval(() => socket.write(' '), 100)
    const answer = await received(socket)
    clearInterval(trickle)
    expect(answer).toMatch(/^HTTP\/1.1 408 /)
    expect(answer).toContain('"BAD_REQUEST"')
    await vi.waitFor(() => expect(lines).toHaveLength(1))
    expect(lines.map(({ level }) => level)).toEqual([30])
  })

  it('is logged in one line if the client has disconnected, and not as an error', async () => {
    const socket = await openSocket(port)
    socket.write(crlf(start))
    await once(app.server, 'request')
    socket.destroy()
    await vi.waitFor(() => expect(lines).toHaveLength(1))
    expect(lines).toEqual([expect.objectContaining({ level: 30, msg: 'request aborted by the client' })])
  })
})

describe('S53: an invalid HTTP request gets a response in the usual format', () => {
  const chunked = 'Content-Type: application/json\nTransfer-Encoding: chunked\n'
  const lastChunk = '0\n\n'
  it.each([
    ['no host', 400, 'GET /quick HTTP/1.1\nConnection: close\n\n'],
    ['two hosts', 400, get('/quick', 'host: other\nConnection: close\n')],
    ['the same host twice', 400, get('/quick', 'HOST: localhost\nConnection: close\n')],
    ['an odd expectation', 417, get('/quick', 'Expect: tea\nConnection: close\n')],
    ['a tunnel', 400, 'CONNECT example.com:443 HTTP/1.1\nHost: example.com:443\n\n'],
    ['an unknown method', 400, 'BREW /quick HTTP/1.1\nHost: localhost\n\n'],
    ['another protocol', 400, 'PRI * HTTP/2.0\n\nSM\n\n'],
    ['headers that are too large', 431, get('/quick', `X-Big: ${'x'.repeat(16 * 1024)}\n`)],
    ['a malformed chunk', 400, `POST /things HTTP/1.1\nHost: localhost\n${chunked}\n1\n{\nzz\n`],
    ['two lengths', 400, 'POST /things HTTP/1.1\nHost: a\nContent-Length: 1\nContent-Length: 2\n\n{}'],
    ['a raw letter in the path', 400, get('/caf\u00e9', 'Connection: close\n')],
    ['an escape that is not UTF-8', 400, get('/quick?q=caf%E9', 'Connection: close\n')],
    ['a broken escape', 400, get('/quick?q=%zz', 'Connection: close\n')],
    ['an encoded surrogate', 400, get('/quick?q=%ED%A0%80', 'Connection: close\n')],
    ['S92: a host with a path', 400, 'GET /quick HTTP/1.1\nHost: a/b?c\nConnection: close\n\n'],
    ['S92: a host of two words', 400, 'GET /quick HTTP/1.1\nHost: a, b\nConnection: close\n\n'],
    ['S92: no host, and an unknown version', 400, 'GET /quick HTTP/2.0\nConnection: close\n\n'],
    [
      'S92: two credentials',
      400,
      get('/quick', 'Authorization: Bearer a\nauthorization: Bearer b\nConnection: close\n'),
    ],
    ['S92: two content types', 400, get('/quick', 'Content-Type: text/plain\ncontent-type: a/b\nConnection: close\n')],
    [
      'S92: a coding that is not supported',
      400,
      get('/quick', 'Transfer-Encoding: gzip, chunked\nConnection: close\n') + lastChunk,
    ],
    ['S92: chunks in HTTP/1.0', 400, `POST /things HTTP/1.0\n${chunked}\n${lastChunk}`],
  ])('%s', async (_name, status, text) => {
    const answer = await exchange(port, text)
    const [head = '', body = ''] = answer.split('\r\n\r\n')
    expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
    expect(head).toMatch(/\r\nconnection: close(\r\n|$)/i)
    const id = /\r\nx-request-id: (\S+)/.exec(head)?.[1]
    expect(JSON.parse(body)).toEqual({ error: { code: 'BAD_REQUEST', message: expect.any(String), requestId: id } })
    expect(lines.filter(({ level }) => level > 30)).toEqual([])
  })

  it('is accepted if it is valid: one host in any case, HTTP/1.0 without one, 100-continue', async () => {
    const close = 'Connection: close\n'
    for (const text of [
      `GET /quick HTTP/1.1\nHOST: a\n${close}\n`,
      'GET /quick HTTP/1.0\n\n',
      get('/quick', `Expect: 100-Continue\n${close}`),
      get('/quick?q=caf%C3%A9+%26', close),
    ]) {
      expect(await exchange(port, text)).toContain('{"isQuick":true}')
    }
  })

  it('gets the code that matches the status if a chunk is too large', async () => {
    const extension = `1;${'x'.repeat(20 * 1024)}\n{\n${lastChunk}`
    const answer = await exchange(port, `POST /things HTTP/1.1\nHost: localhost\n${chunked}\n${extension}`)
    expect(answer).toMatch(/^HTTP\/1.1 413 [^]*"code":"PAYLOAD_TOO_LARGE"/)
  })

  it('S92: cannot hide the headers of a proxy behind a large number of others', async () => {
    const answer = await exchange(port, `GET /quick HTTP/1.1\n${'a:\n'.repeat(2_500)}Host: a\nConnection: close\n\n`)
    expect(answer).toContain('{"isQuick":true}')
  })

  it('does not change the response to the previous request, and ends the connection', async () => {
    const answer = await exchange(port, `${get('/slow/first')}no request\n\n`)
    expect(answer).toMatch(/^HTTP\/1.1 200 [^]*\r\n\r\n\{"name":"first"\}$/)
    expect(answer).toMatch(/\r\nconnection: close\r\n/i)
  })
})
