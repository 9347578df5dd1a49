import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { bind } from '../../commands/bind.js'

const root = join(import.meta.dirname, '../../..')
const folder = join(root, '.ci/next')
const next = join(root, 'node_modules/next/dist/bin/next')

const production = ['NODE_ENV=production', 'NEXT_TELEMETRY_DISABLED=1']

export interface NextApp {
  /** What the server has written. */
  log: string[]
  close(): Promise<void>
}

/** Builds the client package, and with it the small application of `.ci/next` as production does. */
export function buildNextApp(): void {
  execFileSync('npm', ['run', 'build', '-w', 'client'], { cwd: root, stdio: 'pipe' })
  execFileSync('env', [...production, process.execPath, next, 'build'], { cwd: folder, stdio: 'pipe' })
}

/** Serves the application, which calls a server, until it is closed. */
export async function startNextApp(port: number, server: { apiUrl: string; appUrl: string }): Promise<NextApp> {
  const settings = [...production, `API_URL=${server.apiUrl}`, `APP_URL=${server.appUrl}`]
  const child = spawn('env', [...settings, process.execPath, next, 'start', '-p', String(port)], { cwd: folder })
  const log: string[] = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => log.push(String(chunk)))
  const ended = once(child, 'exit')
  await Promise.race([until(() => log.join('').includes('Ready in')), ended])
  return {
    log,
    async close() {
      child.kill()
      await ended
    },
  }
}

/** All code that the application sends to browsers. */
export function readBrowserCode(): string {
  const sent = join(folder, '.next/static')
  const names = readdirSync(sent, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.js'))
  return names.map((name) => readFileSync(join(sent, name), 'utf8')).join('\n')
}

/** A port that nothing listens on now. */
export async function findFreePort(): Promise<number> {
  const port = await bind('localhost', 0)
  if (!port) throw new Error('There is no free port.')
  return port
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 50))
}
