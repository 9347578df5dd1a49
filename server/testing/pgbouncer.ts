import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { bind } from '../commands/bind.js'
import { ordinaryUser } from './ordinary-user.js'

const program = '/usr/sbin/pgbouncer'

/** Whether PgBouncer is installed where Debian puts it (`apt-get install pgbouncer`). */
export const hasPgBouncer = existsSync(program)

/**
 * Starts PgBouncer in transaction mode in front of a server, with its defaults for everything else.
 *
 * @param settings further lines of its section `[pgbouncer]`
 * @returns its URL, which leads to the same database, and takes any other one of that server
 */
export async function startPgBouncer(
  serverUrl: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<{ url: string; stop(): Promise<void> }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'pgbouncer-'))
  const port = (await bind('127.0.0.1', 0)) ?? 0
  const file = path.join(folder, 'pgbouncer.ini')
  await writeFile(path.join(folder, 'users.txt'), usersOf(serverUrl))
  await writeFile(file, configuration(serverUrl, { folder, port, settings }))
  await chmod(folder, 0o755)
  // It refuses to run as root.
  const account = process.getuid?.() === 0 ? ordinaryUser : {}
  const child = spawn(program, ['--quiet', file], { stdio: 'ignore', ...account })
  const url = new URL(serverUrl)
  Object.assign(url, { hostname: '127.0.0.1', port: String(port) })
  const stop = async () => {
    await end(child)
    await rm(folder, { recursive: true, force: true })
  }
  await untilItAnswers(url.href, child).catch(async (error: unknown) => {
    await stop()
    throw error
  })
  return { url: url.href, stop }
}

function usersOf(serverUrl: string): string {
  const { username, password } = new URL(serverUrl)
  return `"${decodeURIComponent(username)}" "${decodeURIComponent(password)}"\n`
}

interface Place {
  folder: string
  port: number
  settings: Readonly<Record<string, string>>
}

function configuration(serverUrl: string, { folder, port, settings }: Place): string {
  const server = new pg.Client({ connectionString: serverUrl })
  const lines = { listen_addr: '127.0.0.1', listen_port: String(port), pool_mode: 'transaction', ...settings }
  return [
    '[databases]',
    `* = host=${server.host} port=${server.port}`,
    '[pgbouncer]',
    `auth_file = ${path.join(folder, 'users.txt')}`,
    'auth_type = trust',
    'unix_socket_dir =',
    ...Object.entries(lines).map(([name, value]) => `${name} = ${value}`),
    '',
  ].join('\n')
}

const triesMax = 100

async function untilItAnswers(url: string, child: ChildProcess): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    const client = new pg.Client({ connectionString: url })
    client.on('error', () => {})
    try {
      await client.connect()
      return await client.end()
    } catch (cause) {
      const isOver = child.exitCode !== null || tries === triesMax
      if (isOver) throw new Error('PgBouncer did not start.', { cause })
      await sleep(50)
    }
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await ended
}
