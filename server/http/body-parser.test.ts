import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createFaceApp } from '../testing/face-app.js'
import { faceRouter } from '../testing/face-router.js'

let face: Awaited<ReturnType<typeof createFaceApp>>
let port: number
beforeAll(async () => {
  face = await createFaceApp(faceRouter)
  await face.app.listen({ port: 0, host: '127.0.0.1' })
  port = Number(new URL(face.app.listeningOrigin).port)
})
afterAll(() => face.app.close())

/** Sends bytes on a socket that stays open for writing, and gives what comes back until the server ends it. */
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
  ])('S34: refuses %s before the body is read, and hangs up', async (type) => {
    const answer = await exchange(
      `POST ${path} HTTP/1.1\nContent-Type: ${type}\nContent-Length: 100000`,
      'only the start',
    )
    expect(answer).toMatch(/^HTTP\/1.1 415 /)
    expect(answer).toMatch(/connection: close/i)
    expect(answer).toContain('"UNSUPPORTED_MEDIA_TYPE"')
  })

  it('S34: refuses a body over 256 KiB by its declared length', async () => {
    const head = `POST ${path} HTTP/1.1\nContent-Type: application/json\nContent-Length: 262145`
    const answer = await exchange(head, '{')
    expect(answer).toMatch(/^HTTP\/1.1 413 /)
    expect(answer).toContain('"PAYLOAD_TOO_LARGE"')
  })

  it('S34: refuses a chunked body once it passes 256 KiB', async () => {
    const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`
    const head = `POST ${path} HTTP/1.1\nContent-Type: application/json\nTransfer-Encoding: chunked`
    expect(await exchange(head, chunk.repeat(5))).toMatch(/^HTTP\/1.1 413 /)
  })

  it.each([
    'application/json',
    'APPLICATION/JSON',
    'application/json;charset=utf-8',
    'application/json ; charset="utf-8"',
  ])('takes %s', async (type) => {
    const body = path.startsWith('/api') ? { title: 'T' } : { json: { title: 'T' } }
    const headers = { 'content-type': type }
    const answer = await face.app.inject({ method: 'POST', url: path, headers, payload: JSON.stringify(body) })
    expect(answer.statusCode).toBeLessThan(300)
  })

  it.each(['{', '{"title":}', "{'title':1}", '\u0000', '{"title":"T"}x'])(
    'answers 400 to the malformed body %j',
    async (payload) => {
      const headers = { 'content-type': 'application/json' }
      const answer = await face.app.inject({ method: 'POST', url: path, headers, payload })
      expect(answer.statusCode).toBe(400)
      expect(answer.body).toContain('"BAD_REQUEST"')
    },
  )
})
