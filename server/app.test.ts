import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { describe, expect, it, vi } from 'vitest'
import { handlerDeadlineMs } from './core/http/deadline.js'
import { openSocket } from './testing/raw-socket.js'
import { startTestApp } from './testing/test-app.js'

const t = await startTestApp({ environment: { TRUST_PROXY: '10.0.0.0/8' } })
const port = Number(new URL(await t.app.listen({ port: 0, host: '127.0.0.1' })).port)
describe('one request', () => {
  it('S37: has time limits of 10 seconds for its headers, 30 in total, and 15 for its handler', () => {
    const { headersTimeout, requestTimeout } = t.app.server
    expect([headersTimeout, requestTimeout, handlerDeadlineMs]).toEqual([10_000, 30_000, 15_000])
  })

  it('S52: has a connection that may be silent for 2 seconds longer than its handler may take', () => {
    expect(t.app.server.timeout).toBe(handlerDeadlineMs + 2_000)
  })

  it('S37: ends within a second after its time limit, with 408 in the error format', async () => {
    const { server } = t.app
    const { headersTimeout } = server
    server.headersTimeout = 300
    const startedAt = performance.now()
    const socket = connect(port, '127.0.0.1')
    socket.write('GET /livez HTTP/1.1\r\nHost: localhost\r\nX-Slow: ')
    const answer = await text(socket)
    server.headersTimeout = headersTimeout
    expect(answer).toMatch(/^HTTP\/1.1 408 /)
    expect(answer).toContain('"BAD_REQUEST"')
    expect(performance.now() - startedAt).toBeLessThan(2_500)
  })

  it.each([
    ['/nothing', 404],
    ['/api/nothing', 404],
    ['/livez', 405],
    ['/docs', 405],
    ['/api/posts/1/nothing', 404],
  ])('S50: has no body read where nothing takes one: %s', async (url, status) => {
    const headers = { 'content-type': 'application/json' }
    expect((await t.app.inject({ method: 'POST', url, headers, payload: '{' })).statusCode).toBe(status)
  })

  it.each(['/nothing', '/api/nothing', '/livez'])(
    'S38: has security headers, and may be read by allowed origins, if nothing takes it: %s',
    async (url) => {
      const origin = 'http://app.localhost:5173'
      const { headers } = await t.app.inject({ method: 'POST', url, headers: { origin } })
      expect(headers).toMatchObject({
        'content-security-policy': expect.stringContaining("default-src 'none'"),
        'x-content-type-options': 'nosniff',
        'cache-control': 'no-store',
        'access-control-allow-origin': origin,
      })
    },
  )

  it.each(['/api/users/me', '/trpc/users.me'])(
    'has its methods named in the response to OPTIONS, whatever its body: %s',
    async (url) => {
      const sent = { method: 'OPTIONS', url, headers: { 'content-type': 'text/plain' }, payload: '{' } as const
      const { statusCode, headers } = await t.app.inject(sent)
      expect([statusCode, headers.allow]).toEqual([204, expect.stringContaining('GET')])
    },
  )

  it('S52: gets a response if it is a probe, however much its address holds with incomplete bodies', async () => {
    const head = 'POST /api/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length'
    const slow = await Promise.all(Array.from({ length: 70 }, () => openSocket(port)))
    for (const socket of slow) socket.write(`${head}: 250000\r\n\r\n{`)
    const statusOf = async (url: string) => (await t.app.inject(url)).statusCode
    await vi.waitFor(async () => expect(await statusOf('/.well-known/jwks.json')).toBe(503))
    expect(await statusOf('/livez')).toBe(200)
    // Its checks have one second, which is little on a busy machine.
    await expect.poll(() => statusOf('/readyz'), { timeout: 10_000 }).toBe(200)
    for (const socket of slow) socket.destroy()
    await vi.waitFor(async () => expect(await statusOf('/.well-known/jwks.json')).toBe(200))
  })

  it('S34: may have 16 KiB of headers', async () => {
    const socket = connect(port, '127.0.0.1')
    socket.write(`GET /livez HTTP/1.1\r\nHost: localhost\r\nX-Big: ${'x'.repeat(16 * 1024)}\r\n\r\n`)
    const answer = await text(socket)
    expect(answer).toMatch(/^HTTP\/1.1 431 /)
    expect(answer).toContain('"BAD_REQUEST"')
  })
})

describe('the address of a client', () => {
  // The input is invalid, so each attempt only takes a point.
  async function statusOfLogins(count: number, from: (index: number) => { remoteAddress: string; forwarded: string }) {
    const statuses: number[] = []
    for (let index = 0; index < count; index++) {
      const { remoteAddress, forwarded } = from(index)
      const headers = { 'x-forwarded-for': forwarded }
      const request = { method: 'POST', url: '/api/auth/login', payload: {}, headers, remoteAddress } as const
      statuses.push((await t.app.inject(request)).statusCode)
    }
    return statuses
  }
  const twentyThenRefused = [...Array<number>(20).fill(400), 429]

  it('S10: is that of the socket, whatever X-Forwarded-For contains, unless the socket belongs to a trusted proxy', async () => {
    const spoofed = (index: number) => ({ remoteAddress: '192.0.2.1', forwarded: `198.51.100.${index}` })
    expect(await statusOfLogins(21, spoofed)).toEqual(twentyThenRefused)
  })

  it('S10: is the last one in X-Forwarded-For that is not a trusted proxy', async () => {
    const spoofed = (index: number) => ({
      remoteAddress: '10.1.2.3',
      forwarded: `198.51.100.${index}, 203.0.113.9:${50_000 + index}, 10.4.5.6`,
    })
    expect(await statusOfLogins(21, spoofed)).toEqual(twentyThenRefused)
    expect(await statusOfLogins(1, () => ({ remoteAddress: '10.1.2.3', forwarded: '203.0.113.10' }))).toEqual([400])
  })
})
