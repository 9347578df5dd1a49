import { once } from 'node:events'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { publicProcedure, router } from '../../procedures.js'
import { openSocket, receivedUntil } from '../../testing/raw-socket.js'
import { createTransportApp } from '../../testing/transport-app.js'
import { handlerDeadlineMs } from './deadline.js'

const signals: (AbortSignal | undefined)[] = []
const finishers: (() => void)[] = []
const work = async (signal: AbortSignal | undefined) => {
  signals.push(signal)
  await new Promise<void>((resolve) => finishers.push(resolve))
  return { isDone: true }
}
const done = z.object({ isDone: z.boolean() })
const slowRouter = router({
  watch: publicProcedure.subscription(async function* ({ signal }) {
    signals.push(signal)
    yield { isWatching: true }
    await new Promise<void>((resolve) => finishers.push(resolve))
  }),
  read: publicProcedure
    .meta({ rest: { method: 'GET', path: '/slow' }, usesSignal: true })
    .output(done)
    .query(({ signal }) => work(signal)),
  plain: publicProcedure
    .meta({ rest: { method: 'GET', path: '/plain' } })
    .output(done)
    .query(({ signal }) => work(signal)),
  write: publicProcedure
    .meta({ rest: { method: 'POST', path: '/slow' }, usesSignal: true })
    .input(z.strictObject({ title: z.string() }))
    .output(done)
    .mutation(({ signal }) => work(signal)),
})

let transport: Awaited<ReturnType<typeof createTransportApp>>
beforeEach(async () => {
  signals.length = 0
  finishers.length = 0
  transport = await createTransportApp(slowRouter)
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
})
afterEach(async () => {
  vi.useRealTimers()
  await transport.app.close()
})

const ticks = async (isEnough: () => boolean) => {
  while (!isEnough()) await new Promise((resolve) => setImmediate(resolve))
}

describe('S37: a handler', () => {
  it.each([
    ['GET', '/api/slow', undefined],
    ['POST', '/api/slow', { title: 'T' }],
    ['GET', '/trpc/read', undefined],
    ['POST', '/trpc/write', { json: { title: 'T' } }],
    ['GET', '/trpc/read,read?batch=1', undefined],
  ] as const)('has 15 seconds, with a body or without: %s %s', async (method, url, body) => {
    const pending = transport.app.inject({ method, url, ...(body && { payload: body }) })
    await ticks(() => signals.length > 0)
    await vi.advanceTimersByTimeAsync(handlerDeadlineMs - 1)
    expect(signals.map((signal) => signal?.aborted)).not.toContain(true)
    await vi.advanceTimersByTimeAsync(1)
    const answer = await pending
    expect([answer.statusCode, answer.headers['retry-after']]).toEqual([503, '1'])
    expect(answer.body).toContain('"SERVICE_UNAVAILABLE"')
    expect(signals.map((signal) => signal?.aborted)).not.toContain(false)
  })

  it('has no signal unless it declares that it uses one', async () => {
    const pending = transport.app.inject('/api/plain')
    await ticks(() => signals.length > 0)
    for (const finish of finishers) finish()
    expect((await pending).statusCode).toBe(200)
    expect(signals).toEqual([undefined])
  })

  it('may end after the deadline, without effect', async () => {
    const pending = transport.app.inject('/api/slow')
    await ticks(() => signals.length > 0)
    await vi.advanceTimersByTimeAsync(handlerDeadlineMs)
    expect((await pending).statusCode).toBe(503)
    for (const finish of finishers) finish()
    await new Promise((resolve) => setImmediate(resolve))
    expect(transport.errors).toEqual([])
  })

  it('S56: is notified by its signal when the client disconnects, and not before', async () => {
    const { port } = new URL(await transport.app.listen({ port: 0, host: '127.0.0.1' }))
    const socket = await openSocket(Number(port))
    const body = '{"title":"T"}'
    const head = [
      'POST /api/slow HTTP/1.1',
      'Host: a',
      'Content-Type: application/json',
      `Content-Length: ${body.length}`,
    ]
    socket.write(`${head.join('\r\n')}\r\n\r\n${body}`)
    await ticks(() => signals.length > 0)
    const [signal] = signals
    if (!signal) throw new Error('The procedure has no signal.')
    expect(signal.aborted).toBe(false)
    socket.destroy()
    if (!signal.aborted) await once(signal, 'abort')
  })

  it('leaves no timer if it ends in time', async () => {
    const pending = transport.app.inject('/api/slow')
    await ticks(() => signals.length > 0)
    for (const finish of finishers) finish()
    expect((await pending).statusCode).toBe(200)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('S56: does not include subscriptions, which continue and send keep-alive messages in time', async () => {
    const { port } = new URL(await transport.app.listen({ port: 0, host: '127.0.0.1' }))
    const socket = await openSocket(Number(port))
    socket.write('GET /trpc/watch HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream\r\n\r\n')
    await receivedUntil(socket, (text) => text.includes('isWatching'))
    const ping = receivedUntil(socket, (text) => text.includes('event: ping'))
    await vi.advanceTimersByTimeAsync(10_000)
    await ping
    await vi.advanceTimersByTimeAsync(handlerDeadlineMs)
    expect(signals[0]?.aborted).toBe(false)
    socket.destroy()
    for (const finish of finishers) finish()
  })
})
