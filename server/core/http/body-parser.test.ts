import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTransportApp } from '../../testing/transport-app.js'
import { transportRouter } from '../../testing/transport-router.js'

let transport: Awaited<ReturnType<typeof createTransportApp>>
let port: number
beforeAll(async () => {
  transport = await createTransportApp(transportRouter)
  await transport.app.listen({ port: 0, host: '127.0.0.1' })
  port = Number(new URL(transport.app.listeningOrigin).port)
})
afterAll(() => transport.app.close())

/**
 * Sends bytes on a socket that stays open for writing, and returns the response once the server closes the connection.
 */
async function exchange(head: string, body = ''): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  socket.write(`${head.trim().replaceAll('\n', '\r\n')}\r\nHost: localhost\r\n\r\n${body}`)
  let answer = ''
  socket.on('data', (chunk) => {
    answer += chunk.toString()
  })
  await Promise.race([once(socket, 'close'), new Promise((resolve) => setTimeout(resolve, 3000))])
  socket.destroy()
  return answer
}

describe.each(['/api/notes', '/trpc/notes.create'])('%s', (path) => {
  it.each([
    'multipart/form-data; boundary=x',
    'application/octet-stream',
    'text/plain',
    'text/json',
    'application/jsonx',
    'application/json+x',
    'application/x-www-form-urlencoded',
    'application/json, text/plain',
    'x application/json',
    'multipart/form-data; a="application/json"',
    '',
  ])('S34: rejects %s before the body is read, and closes the connection', async (type) => {
    const answer = await exchange(
      `POST ${path} HTTP/1.1\nContent-Type: ${type}\nContent-Length: 100000`,
      'only the start',
    )
    expect(answer).toMatch(/^HTTP\/1.1 415 /)
    expect(answer).toMatch(/connection: close/i)
    expect(answer).toContain('"UNSUPPORTED_MEDIA_TYPE"')
  })

  it.each([
    'application/json; charset=latin1',
    'application/json;CHARSET="ISO-8859-1"',
    'application/json; charset=utf-16',
    'application/json; charset=utf-8; charset=latin1',
    'application/json; charset=',
    `application/json; a="${'x'.repeat(8_000)}"; charset=us-ascii`,
  ])('S51: rejects %s before the body is read, and closes the connection', async (type) => {
    const head = `POST ${path} HTTP/1.1\nContent-Type: ${type}\nContent-Length: 100000`
    const answer = await exchange(head, 'only the start')
    expect(answer).toMatch(/^HTTP\/1.1 415 /)
    expect(answer).toMatch(/connection: close/i)
    expect(answer).toContain('"UNSUPPORTED_MEDIA_TYPE"')
  })

  it.each(['gzip', 'br', 'identity, gzip', 'x'])(
    'S51: rejects the content coding %s before the body is read, and names the accepted one',
    async (coding) => {
      const head = `POST ${path} HTTP/1.1\nContent-Type: application/json\nContent-Length: 100000`
      const answer = await exchange(`${head}\nContent-Encoding: ${coding}`, 'only the start')
      expect(answer).toMatch(/^HTTP\/1.1 415 /)
      expect(answer).toMatch(/\r\naccept-encoding: identity\r\n/i)
      expect(answer).toMatch(/connection: close/i)
      expect(answer).toContain('"UNSUPPORTED_MEDIA_TYPE"')
    },
  )

  it('S51: rejects bytes and escapes that are not valid Unicode, so that no text is stored as a different one', async () => {
    const texts = [Buffer.from('caf\u00e9', 'latin1'), Buffer.from([0xed, 0xa0, 0x80]), Buffer.from('\\ud800')]
    for (const text of texts) {
      const [start, end] = (path.startsWith('/api') ? '{"title":"|"}' : '{"json":{"title":"|"}}').split('|')
      const payload = Buffer.concat([Buffer.from(start ?? ''), text, Buffer.from(end ?? '')])
      const headers = { 'content-type': 'application/json' }
      const answer = await transport.app.inject({ method: 'POST', url: path, headers, payload })
      expect([answer.statusCode, answer.body]).toEqual([400, expect.stringContaining('"BAD_REQUEST"')])
    }
  })

  it('S34: rejects a body over 256 KiB by its declared length', async () => {
    const head = `POST ${path} HTTP/1.1\nContent-Type: application/json\nContent-Length: 262145`
    const answer = await exchange(head, '{')
    expect(answer).toMatch(/^HTTP\/1.1 413 /)
    expect(answer).toContain('"PAYLOAD_TOO_LARGE"')
  })

  it('S34: rejects a chunked body once it exceeds 256 KiB', async () => {
    const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`
    const head = `POST ${path} HTTP/1.1\nContent-Type: application/json\nTransfer-Encoding: chunked`
    expect(await exchange(head, chunk.repeat(5))).toMatch(/^HTTP\/1.1 413 /)
  })

  it.each([
    'application/json',
    'APPLICATION/JSON',
    'application/json;charset=utf-8',
    'application/json ; charset="utf-8"',
    'application/json; charset=UTF-8; a=b',
  ])('accepts %s', async (type) => {
    const body = path.startsWith('/api') ? { title: 'T' } : { json: { title: 'T' } }
    const headers = { 'content-type': type, 'content-encoding': 'Identity' }
    const answer = await transport.app.inject({ method: 'POST', url: path, headers, payload: JSON.stringify(body) })
    expect(answer.statusCode).toBeLessThan(300)
  })

  it.each(['{', '{"title":}', "{'title':1}", '\u0000', '{"title":"T"}x'])(
    'returns 400 for the malformed body %j',
    async (payload) => {
      const headers = { 'content-type': 'application/json' }
      const answer = await transport.app.inject({ method: 'POST', url: path, headers, payload })
      expect(answer.statusCode).toBe(400)
      expect(answer.body).toContain('"BAD_REQUEST"')
    },
  )
})

it.each(['content-encoding', 'content-type'])('ignores the %s of a request whose body is never read', async (name) => {
  const answer = await transport.app.inject({ url: '/api/notes', headers: { [name]: 'text/plain; charset=x' } })
  expect(answer.statusCode).toBe(200)
})
