import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { inject, onTestFinished, vi } from 'vitest'
import { bind } from '../commands/bind.js'
import { testPepper, testTokenSecret } from './secrets.js'

/**
 * Starts the server in a process of its own, in production mode, and waits until it is ready. It is killed after the test.
 *
 * @returns the process, its address, and its whole log once it has ended
 */
export async function startServer(databaseUrl: string, settings: Record<string, string> = {}) {
  const port = await bind('127.0.0.1', 0)
  const url = `http://127.0.0.1:${port}`
  const server = spawnServer({ ...productionSettings(databaseUrl, url), PORT: String(port), ...settings })
  server.stderr.resume()
  const log = text(server.stdout)
  await vi.waitUntil(async () => (await statusOf(`${url}/readyz`)) === 200, { timeout: 60_000 })
  return { server, url, port: Number(port), log }
}

/** Starts the process and waits for nothing. */
export function spawnServer(settings: Record<string, string>) {
  const env = { PATH: '/usr/bin:/bin', ...settings }
  const server = spawn(process.execPath, ['--import', 'tsx', 'server/main.ts'], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void server.kill('SIGKILL'))
  return server
}

/** The status of the response, or 0 if there is none. */
export async function statusOf(url: string, init: RequestInit = {}): Promise<number> {
  return fetch(url, init).then(
    ({ status }) => status,
    () => 0,
  )
}

/** The settings that production requires, with no mail server behind `SMTP_URL`. */
export function productionSettings(databaseUrl: string, publicUrl: string) {
  return {
    NODE_ENV: 'production',
    HOST: '127.0.0.1',
    DATABASE_URL: databaseUrl,
    PUBLIC_URL: publicUrl,
    SMTP_URL: 'smtp://127.0.0.1:1',
    JWT_PRIVATE_KEYS: inject('signingKeys'),
    PASSWORD_PEPPER: testPepper,
    TOKEN_SECRET: testTokenSecret,
  }
}
