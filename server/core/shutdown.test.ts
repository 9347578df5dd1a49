import { once } from 'node:events'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import Fastify, { type FastifyInstance } from 'fastify'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openSocket, received, receivedUntil } from '../testing/raw-socket.js'
import { answerClientError } from './http/client-errors.js'
import { endConnections } from './http/health.js'
import { createNodeServer } from './http/node-server.js'
import { shutDown } from './shutdown.js'

const large = Buffer.alloc(32 * 1024 * 1024)
const ended: string[] = []
let isDraining = false
let app: FastifyInstance
let port: number
let finishSlow = () => {}

const container = {
  readiness: { checks: {}, isDraining: () => isDraining, startDraining: () => void (isDraining = true) },
  jobs: { stop: async () => void ended.push('jobs') },
  close: async () => void ended.push('container'),
}

beforeEach(async () => {
  ended.length = 0
  isDraining = false
  const slow = new Promise<void>((resolve) => {
    finishSlow = resolve
  })
  app = Fastify({ serverFactory: createNodeServer, clientErrorHandler: answerClientError, return503OnClosing: false })
  endConnections(app, container.readiness)
  app.get('/quick', () => ({ isQuick: true }))
  app.get('/large', (_request, reply) => reply.send(large))
  app.get('/slow', async () => {
    await slow
    return { isSlow: true }
  })
  app.post('/things', () => ({ isDone: true }))
  await app.listen({ port: 0, host: '127.0.0.1' })
  port = Number(new URL(app.listeningOrigin).port)
})
afterEach(async () => {
  app.server.closeAllConnections()
  await app.close()
})

const none = { least: 0, most: 0 }
const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`
const hasAnswer = (text: string) => text.includes('}')

/** A connection that has received a response, and waits for its client. */
async function keptConnection(): Promise<Socket> {
  const socket = await openSocket(port)
  socket.write(get('/quick'))
  expect(await receivedUntil(socket, hasAnswer)).toMatch(/\r\nconnection: keep-alive\r\n/i)
  return socket
}

async function begunConnection(path: string): Promise<Socket> {
  const socket = await openSocket(port)
  const begun = once(app.server, 'request')
  socket.write(get(path))
  await begun
  return socket
}

const isLastAnswer = expect.stringMatching(/^HTTP\/1.1 200 [^]*\r\nconnection: close\r\n[^]*\}$/i)

describe('S55: a shutdown', () => {
  it('serves requests on kept and new connections meanwhile, and closes each connection with its response', async () => {
    const kept = await keptConnection()
    const stopped = shutDown(app, container, { notice: { least: 300, most: 5_000 }, drain: 5_000 })
    await sleep(100)
    const fresh = await openSocket(port)
    for (const socket of [kept, fresh]) socket.write(get('/quick'))
    expect(await Promise.all([kept, fresh].map(received))).toEqual([isLastAnswer, isLastAnswer])
    await stopped
    // Not by a connection: a server of another test may have the port by now.
    expect(app.server.listening).toBe(false)
  })

  it('waits for kept connections that were not notified, for a limited time', async () => {
    const [speaker, sleeper] = [await keptConnection(), await keptConnection()]
    const stopped = shutDown(app, container, { notice: { least: 0, most: 1_500 }, drain: 5_000 })
    await sleep(500)
    speaker.write(get('/quick'))
    expect(await received(speaker)).toEqual(isLastAnswer)
    expect(sleeper.destroyed).toBe(false)
    await stopped
    if (!sleeper.destroyed) await once(sleeper, 'close')
  })

  it('loses no current request, and closes its connection even if the client would keep it', async () => {
    const socket = await begunConnection('/slow')
    const stopped = shutDown(app, container, { notice: none, drain: 60_000 })
    await sleep(200)
    expect(ended).not.toContain('container')
    finishSlow()
    expect(await received(socket)).toEqual(isLastAnswer)
    await stopped
    expect(ended).toEqual(['jobs', 'container'])
  })

  it('serves a request that arrives while it closes', async () => {
    const socket = await openSocket(port)
    socket.write('GET /quick HTTP/1.1\r\nHo')
    await keptConnection()
    const stopped = shutDown(app, container, { notice: none, drain: 60_000 })
    await sleep(100)
    socket.write('st: localhost\r\n\r\n')
    expect(await received(socket)).toEqual(isLastAnswer)
    await stopped
  })

  it('lets a client read a response that started before, and then closes the connection', async () => {
    const socket = await begunConnection('/large')
    socket.pause()
    await sleep(100)
    const stopped = shutDown(app, container, { notice: none, drain: 60_000 })
    await sleep(1_500)
    let size = 0
    socket.on('data', (chunk) => {
      size += chunk.length
    })
    socket.resume()
    await Promise.all([stopped, once(socket, 'close')])
    expect(size).toBeGreaterThan(large.length)
  })

  it('does not wait for a connection without a request', async () => {
    const mute = await openSocket(port)
    await shutDown(app, container, { notice: none, drain: 60_000 })
    expect(ended).toEqual(['jobs', 'container'])
    mute.destroy()
  })

  it('closes the connections of clients that do not read, and of those that send half a body', async () => {
    const reader = await begunConnection('/large')
    reader.pause()
    const sender = await openSocket(port)
    sender.write('POST /things HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{')
    await once(app.server, 'request')
    const startedAt = performance.now()
    await shutDown(app, container, { notice: none, drain: 1_000 })
    expect(performance.now() - startedAt).toBeGreaterThan(900)
    expect(ended).toEqual(['jobs', 'container'])
    for (const socket of [reader, sender]) socket.destroy()
  })
})
