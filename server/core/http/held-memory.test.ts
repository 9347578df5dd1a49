import { once } from 'node:events'
import type { Socket } from 'node:net'
import Fastify, { type FastifyInstance } from 'fastify'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { openSocket } from '../../testing/raw-socket.js'
import { registerErrorHandling } from './errors.js'
import { boundHeldMemory } from './held-memory.js'

const mebibyte = 1024 * 1024
const shared = Buffer.alloc(24 * mebibyte)
let app: FastifyInstance
let port: number
let sent = 0
let allowChange = () => {}
const changeAllowed = new Promise<void>((resolve) => {
  allowChange = resolve
})
const sockets: Socket[] = []

beforeEach(async () => {
  sent = 0
  app = Fastify({ bodyLimit: 4 * mebibyte })
  registerErrorHandling(app)
  boundHeldMemory(app)
  app.get('/small', () => ({ isSmall: true }))
  app.get('/shared', (_request, reply) => reply.send(shared))
  app.get('/large', async (_request, reply) => reply.type('text/plain').send('x'.repeat(24 * mebibyte)))
  app.get('/late', async (_request, reply) => {
    await once(reply.raw, 'close')
    return reply.type('text/plain').send('x'.repeat(24 * mebibyte))
  })
  app.post('/change', async (_request, reply) => {
    await changeAllowed
    return reply.type('text/plain').send('x'.repeat(mebibyte))
  })
  app.addHook('onSend', async ({ url }, reply) => {
    if (reply.statusCode === 200 && url !== '/small') sent += 1
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  port = Number(new URL(app.listeningOrigin).port)
})
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  app.server.closeAllConnections()
  await app.close()
})

/** Sends a request on a separate connection and does not read the response. */
async function ask(path: string, localAddress?: string): Promise<Socket> {
  const socket = await openSocket(port, localAddress)
  sockets.push(socket)
  socket.pause().write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
  return socket
}

const statusFrom = async (remoteAddress: string, path = '/small', method: 'GET' | 'POST' | 'HEAD' = 'GET') =>
  (await app.inject({ url: path, method, remoteAddress })).statusCode

it('S52: the unread data of one client is bounded: beyond it, 503 with Retry-After, and the connection is closed', async () => {
  await ask('/large')
  await vi.waitFor(async () => expect(await statusFrom('127.0.0.1')).toBe(503))
  const { headers, body } = await app.inject({ url: '/small', remoteAddress: '127.0.0.1' })
  expect(headers).toMatchObject({ 'retry-after': '5', connection: 'close' })
  expect(JSON.parse(body).error.code).toBe('SERVICE_UNAVAILABLE')
})

it('S52: of many large responses that are requested at once, one is sent', async () => {
  await Promise.all(Array.from({ length: 20 }, () => ask('/large')))
  await vi.waitFor(async () => expect(await statusFrom('127.0.0.1')).toBe(503))
  expect(sent).toBe(1)
})

it('S52: other clients get responses meanwhile', async () => {
  await ask('/large')
  await vi.waitFor(async () => expect(await statusFrom('127.0.0.1')).toBe(503))
  expect(await statusFrom('127.0.0.2')).toBe(200)
  expect(await statusFrom('127.0.0.2', '/large')).toBe(200)
})

it('S52: data that was read, or will never be read, no longer counts', async () => {
  const reader = await ask('/large')
  await vi.waitFor(async () => expect(await statusFrom('127.0.0.1')).toBe(503))
  reader.resume()
  await vi.waitFor(async () => expect(await statusFrom('127.0.0.1')).toBe(200), { timeout: 10_000 })
  const leaver = await ask('/large')
  await vi.waitFor(async () => expect(await statusFrom('127.0.0.1')).toBe(503))
  leaver.destroy()
  await vi.waitFor(async () => expect(await statusFrom('127.0.0.1')).toBe(200), { timeout: 10_000 })
  for (let count = 0; count < 3; count++) expect(await statusFrom('127.0.0.1', '/large')).toBe(200)
})

it('S52: a client cannot block its address by disconnecting before the responses are written', async () => {
  const begun = once(app.server, 'request')
  const leaver = await ask('/late')
  await begun
  leaver.destroy()
  await vi.waitFor(() => expect(sent).toBe(1))
  expect(await statusFrom('127.0.0.1')).toBe(200)
})

it('S52: files of which all responses share one copy do not count, and neither do responses without a body', async () => {
  for (let count = 0; count < 3; count++) await ask('/shared')
  await vi.waitFor(() => expect(sent).toBe(3))
  expect(await statusFrom('127.0.0.1')).toBe(200)
  expect(await statusFrom('127.0.0.1', '/large', 'HEAD')).toBe(200)
  expect(await statusFrom('127.0.0.1')).toBe(200)
})

it('S52: the response to a change is sent, however much is unread', async () => {
  const change = app.inject({ url: '/change', method: 'POST', remoteAddress: '127.0.0.1' })
  await ask('/large')
  await vi.waitFor(async () => expect(await statusFrom('127.0.0.1')).toBe(503))
  allowChange()
  expect((await change).statusCode).toBe(200)
})

it('S52: the incomplete request bodies of one client are bounded, too', async () => {
  const begin = async (length: string) => {
    const socket = await openSocket(port)
    sockets.push(socket)
    socket.write(`POST /change HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n${length}\r\n\r\n`)
  }
  for (let count = 0; count < 3; count++) await begin(`Content-Length: ${3 * mebibyte}`)
  for (let count = 0; count < 3; count++) await begin('Transfer-Encoding: chunked')
  await vi.waitFor(async () => expect(await statusFrom('127.0.0.1')).toBe(503))
  expect(await statusFrom('127.0.0.2')).toBe(200)
  for (const socket of sockets) socket.destroy()
  await vi.waitFor(async () => expect(await statusFrom('127.0.0.1')).toBe(200))
})
