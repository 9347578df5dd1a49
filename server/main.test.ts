import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest'
import { bind } from './commands/dev/port.js'
import { testPepper, testTokenSecret } from './testing/secrets.js'
import { createTestDatabase } from './testing/test-database.js'

// A process of its own takes its time on a busy machine.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

let database: Awaited<ReturnType<typeof createTestDatabase>>
let server: ChildProcess
let url: string

beforeAll(async () => {
  database = await createTestDatabase()
  const port = String(await bind('127.0.0.1', 0))
  url = `http://127.0.0.1:${port}`
  server = spawn(process.execPath, ['--import', 'tsx', 'server/main.ts'], {
    env: { PATH: '/usr/bin:/bin', ...productionSettings(), PORT: port },
    stdio: 'ignore',
  })
  await vi.waitUntil(async () => (await statusOf('/readyz')) === 200, { timeout: 30_000 })
})

afterAll(async () => {
  server.kill('SIGKILL')
  await database.drop()
})

test('S41: SIGTERM makes it unready at once, loses no request, and ends it with 0', async () => {
  const ended = once(server, 'exit')
  const body = JSON.stringify({ email: 'nobody@example.com', password: 'a password nobody chose yet' })
  const headers = { 'content-type': 'application/json' }
  const inFlight = Array.from({ length: 3 }, () => statusOf('/api/auth/login', { method: 'POST', headers, body }))
  server.kill('SIGTERM')
  await expect.poll(() => statusOf('/readyz'), { interval: 10 }).toBe(503)
  expect(await statusOf('/.well-known/jwks.json')).toBe(200)
  expect(await Promise.all(inFlight)).toEqual([401, 401, 401])
  expect(await ended).toEqual([0, null])
})

async function statusOf(path: string, init: RequestInit = {}): Promise<number> {
  return fetch(`${url}${path}`, init).then(
    ({ status }) => status,
    () => 0,
  )
}

function productionSettings() {
  return {
    NODE_ENV: 'production',
    HOST: '127.0.0.1',
    DATABASE_URL: database.url,
    PUBLIC_URL: url,
    SMTP_URL: 'smtp://127.0.0.1:1',
    JWT_PRIVATE_KEYS: inject('signingKeys'),
    PASSWORD_PEPPER: testPepper,
    TOKEN_SECRET: testTokenSecret,
  }
}
