import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { bind } from './commands/bind.js'
import { openSocket, received, receivedUntil } from './testing/raw-socket.js'
import { productionSettings, spawnServer, startServer, statusOf } from './testing/server-process.js'
import { createTestDatabase } from './testing/test-database.js'

// A separate process takes long on a busy machine.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 })

let database: Awaited<ReturnType<typeof createTestDatabase>>
const somaxconn = '/proc/sys/net/core/somaxconn'

beforeAll(async () => {
  database = await createTestDatabase()
})

afterAll(async () => {
  await database.drop()
})

test('S41: after SIGTERM it is unready at once, loses no request, and exits with 0', async () => {
  const { server, url } = await startServer(database.url)
  const ended = once(server, 'exit')
  const body = JSON.stringify({ email: 'nobody@example.com', password: 'a password nobody chose yet' })
  const headers = { 'content-type': 'application/json' }
  const inFlight = Array.from({ length: 3 }, () => statusOf(`${url}/api/auth/login`, { method: 'POST', headers, body }))
  server.kill('SIGTERM')
  await expect.poll(() => statusOf(`${url}/readyz`), { interval: 10 }).toBe(503)
  expect(await statusOf(`${url}/.well-known/jwks.json`)).toBe(200)
  expect(await Promise.all(inFlight)).toEqual([401, 401, 401])
  expect(await ended).toEqual([0, null])
})

test('S55: after SIGTERM it exits with 0 within 30 seconds, whatever its clients and the mail server do', async () => {
  const mailServer = await startDawdlingMailServer()
  const { server, url, port, log } = await startServer(database.url, { SMTP_URL: mailServer.url })
  const headers = { 'content-type': 'application/json' }
  const body = JSON.stringify({ email: 'new@example.com', password: 'a password nobody chose yet', name: 'New' })
  expect(await statusOf(`${url}/api/auth/register`, { method: 'POST', headers, body })).toBe(202)
  await mailServer.isAsked
  const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`
  const kept = await openSocket(port)
  kept.write(get('/livez'))
  await receivedUntil(kept, (text) => text.includes('alive'))
  const reader = await openSocket(port)
  const [script] = /docs\/reference-[^"]+/.exec(await (await fetch(`${url}/docs`)).text()) ?? []
  reader.pause().write(get(`/${script}`).repeat(8))
  const sender = await openSocket(port)
  sender.write(
    'POST /api/auth/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{',
  )
  const startedAt = performance.now()
  const ended = once(server, 'exit')
  server.kill('SIGTERM')
  expect(await ended).toEqual([0, null])
  expect(performance.now() - startedAt).toBeLessThan(30_000)
  expect(await log).not.toContain('"level":50')
  for (const socket of [kept, reader, sender]) socket.destroy()
  mailServer.close()
})

test.runIf(existsSync(somaxconn))(
  'S91: a large number of connections does not prevent other clients from connecting',
  async () => {
    const most = Math.min(2_000, Number(readFileSync(somaxconn, 'utf8')))
    const { server, port } = await startServer(database.url)
    // The server accepts no connections for a while, as if it were busy with earlier ones.
    server.kill('SIGSTOP')
    const crowd = Array.from({ length: most }, () => openSocket(port))
    const sockets = await Promise.race([Promise.all(crowd), sleep(10_000, [])])
    server.kill('SIGCONT')
    expect(sockets).toHaveLength(most)
    for (const socket of sockets) socket.destroy()
    server.kill('SIGKILL')
  },
)

test('S55: requests that arrive while it closes get normal responses', async () => {
  const { server, url, port } = await startServer(database.url)
  const begun = await Promise.all([openSocket(port), openSocket(port)])
  const targets = ['/api/openapi.json', '/api/nothing']
  begun.forEach((socket, index) => socket.write(`GET ${targets[index]} HTTP/1.1\r\nHo`))
  const ended = once(server, 'exit')
  server.kill('SIGTERM')
  await vi.waitUntil(async () => (await statusOf(`${url}/livez`)) === 0, { timeout: 20_000, interval: 100 })
  for (const socket of begun) socket.write('st: a\r\n\r\n')
  const [served, refused] = await Promise.all(begun.map(received))
  expect(served).toMatch(/^HTTP\/1.1 200 [^]*\r\nconnection: close\r\n[^]*\{"openapi":"3/i)
  expect(refused).toMatch(/^HTTP\/1.1 404 [^]*\{"error":\{"code":"NOT_FOUND"/)
  for (const answer of [served, refused]) expect(answer).toMatch(/\r\nx-request-id: \S+\r\n/i)
  expect(await ended).toEqual([0, null])
})

test.each([
  [{}, /The server cannot listen: .*EADDRINUSE.*\n.*set PORT to another one/],
  [{ HOST: '203.0.113.7' }, /The server cannot listen: .*EADDRNOTAVAIL.*\n.*Correct HOST/],
])('ends with a sentence and its remedy if it cannot listen: %o', async (settings, remedy) => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const address = other.address()
  const port = typeof address === 'object' ? String(address?.port) : ''
  const env = { ...productionSettings(database.url, 'http://127.0.0.1'), PORT: port }
  const server = spawnServer({ ...env, ...settings })
  server.stdout.resume()
  const [errors, [code]] = await Promise.all([text(server.stderr), once(server, 'exit')])
  expect(errors).toMatch(remedy)
  expect([errors.includes('    at '), code]).toEqual([false, 1])
  other.close()
})

/**
 * Accepts a mail, but never completes its response. Each line is traffic on the connection, so that no limit on silence
 * applies.
 */
async function startDawdlingMailServer() {
  let isAskedNow = () => {}
  const isAsked = new Promise<void>((resolve) => {
    isAskedNow = resolve
  })
  const server = createServer((socket) => {
    let mail: string | undefined
    let drip: NodeJS.Timeout | undefined
    socket.write('220 ready\r\n')
    socket.on('data', (chunk) => {
      const text = String(chunk)
      if (mail !== undefined) mail += text
      else if (text.startsWith('DATA')) mail = ''
      if (!mail) socket.write(mail === '' ? '354 go on\r\n' : '250 ok\r\n')
      if (!mail?.endsWith('\r\n.\r\n')) return
      drip ??= setInterval(() => socket.write('250-wait\r\n'), 300)
      isAskedNow()
    })
    socket.on('error', () => {}).on('close', () => clearInterval(drip))
  })
  const port = await bind('127.0.0.1', 0)
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return { url: `smtp://127.0.0.1:${port}`, isAsked, close: () => server.close() }
}
