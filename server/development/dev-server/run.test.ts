import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { bind } from '../../commands/bind.js'
import { loadCommandConfig } from '../../config.js'
import { withConnection } from '../../core/database/connection.js'
import { developmentSettingsFile, readDevelopmentSettings } from '../../development-settings.js'
import { startEmbeddedPostgres } from '../embedded-postgres/embedded-postgres.js'
import { isAlive } from '../embedded-postgres/process.js'
import { databaseName } from '../locate-database.js'

// Several processes in sequence take long on a busy machine.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

let root: string
let serverFile: string
let port: number

const serverCode = (answer: string) => `
import http from 'node:http'
const server = http.createServer((_, reply) => reply.end('${answer} ' + process.pid))
server.listen(Number(process.env.PORT), '127.0.0.1', () => process.send({ type: 'ready' }))
process.on('disconnect', () => process.exit())
process.on('SIGTERM', () => process.exit())
`

const frontendCode = `
import http from 'node:http'
const { API_URL, APP_URL, PORT } = process.env
const server = http.createServer((_, reply) => reply.end([API_URL, APP_URL, process.pid].join(' ')))
server.listen(Number(PORT), 'localhost', () => process.send({ type: 'ready' }))
process.on('disconnect', () => process.exit())
process.on('SIGTERM', () => process.exit())
`

beforeAll(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), 'dev test-'))
  // Not the default, which another development server on this machine may take between two restarts.
  port = (await bind('127.0.0.1', 0)) ?? 0
  serverFile = path.join(root, 'server/main.mjs')
  await chmod(root, 0o755)
  await mkdir(path.join(root, 'server/features'), { recursive: true })
  await writeFile(serverFile, serverCode('first'))
  await writeFile(path.join(root, 'frontend.mjs'), frontendCode)
  await writeFile(path.join(root, 'supervise.mjs'), supervisorCode())
})

afterAll(async () => {
  const server = await startEmbeddedPostgres({
    dataDir: path.join(root, 'data'),
    database: databaseName(loadCommandConfig()),
  })
  await server.stop({ remove: true })
  await rm(root, { recursive: true })
})

function supervisorCode(): string {
  const run = path.join(import.meta.dirname, 'run.ts')
  const config = path.join(import.meta.dirname, '../../config.ts')
  return `
const { runDevelopment } = await import(${JSON.stringify(run)})
const { loadCommandConfig } = await import(${JSON.stringify(config)})
const environment = { ...process.env, NODE_ENV: 'development', DATA_DIR: ${JSON.stringify(path.join(root, 'data'))} }
await runDevelopment({
  config: loadCommandConfig(environment), environment, root: ${JSON.stringify(root)}, serverFile: ${JSON.stringify(serverFile)},
  nodeOptions: process.argv.slice(2),
  ...(process.env.FRONTEND && { frontend: { file: process.env.FRONTEND, prepare: async () => console.log('prepared') } }),
  migrate: async (url) => console.log('migrated ' + url), seed: async () => true,
})
process.exit(0)`
}

interface Supervisor {
  process: ChildProcess
  exitCode: Promise<unknown>
  /** Waits for a match in the output since the last one, and returns its first group. */
  shows(pattern: RegExp): Promise<string>
}

function startDev(environment: Record<string, string> = {}, nodeOptions: readonly string[] = []): Supervisor {
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), 'supervise.mjs', ...nodeOptions], {
    cwd: root,
    env: { PATH: '/usr/bin:/bin', PORT: String(port), ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
  const exitCode = once(child, 'exit').then(([code]) => code)
  const shows = async (pattern: RegExp): Promise<string> => {
    await vi.waitUntil(() => pattern.test(output), { timeout: 30_000 }).catch(() => expect(output).toMatch(pattern))
    const found = pattern.exec(output)
    output = output.slice((found?.index ?? 0) + (found?.[0].length ?? 0))
    return found?.[1] ?? ''
  }
  return { process: child, exitCode, shows }
}

const banner = / runs at (http\S+)[^]*Database +(postgres\S+)[^]*Ctrl-C/
const answerOf = async (url: string) => (await fetch(url)).text()

async function readDatabasePid(): Promise<number> {
  return Number.parseInt(await readFile(path.join(root, 'data/postgres/data/postmaster.pid'), 'utf8'), 10)
}

test('serves, restarts on a save, continues after a syntax error, and leaves no process running', async () => {
  const dev = startDev()
  await dev.shows(/migrated (\S+)/)
  const url = await dev.shows(banner)
  const first = await answerOf(url)
  expect(first).toMatch(/^first /)

  const savedAt = Date.now()
  await writeFile(`${serverFile}~`, serverCode('second'))
  await rename(`${serverFile}~`, serverFile)
  await dev.shows(/restarted/)
  expect(Date.now() - savedAt).toBeLessThan(5000)
  expect(await answerOf(url)).toMatch(/^second /)

  await writeFile(serverFile, 'syntax error')
  await dev.shows(/The server exited/)
  await writeFile(serverFile, serverCode('first'))
  await dev.shows(/restarted/)
  await mkdir(path.join(root, 'server/features/new'))
  await writeFile(path.join(root, 'server/features/new/service.ts'), '')
  await dev.shows(/restarted/)

  const pids = [Number((await answerOf(url)).split(' ')[1]), await readDatabasePid()]
  expect(pids.map(isAlive)).toEqual([true, true])
  dev.process.kill('SIGINT')
  expect(await dev.exitCode).toBe(0)
  expect(pids.map(isAlive)).toEqual([false, false])
})

test('keeps the settings that in-process callers need, for this user only', async () => {
  const dev = startDev()
  const databaseUrl = await dev.shows(/migrated (\S+)/)
  const url = await dev.shows(banner)
  const settings = readDevelopmentSettings(path.join(root, 'data'))
  expect(settings).toMatchObject({ DATABASE_URL: databaseUrl, PUBLIC_URL: url })
  expect(settings?.TOKEN_SECRET.length).toBeGreaterThanOrEqual(32)
  expect((await stat(developmentSettingsFile(path.join(root, 'data')))).mode & 0o777).toBe(0o600)
  dev.process.kill('SIGINT')
  expect(await dev.exitCode).toBe(0)
})

test('rejects a second start on the same data, and continues', async () => {
  const dev = startDev()
  const url = await dev.shows(banner)
  const second = startDev()
  await second.shows(/Another "npm run dev" already uses this database\. Stop it first/)
  expect(await second.exitCode).toBe(1)
  expect(await answerOf(url)).toMatch(/^first /)
  dev.process.kill('SIGTERM')
  expect(await dev.exitCode).toBe(0)
})

test('starts again after kill -9 of everything except the database, which it uses again', async () => {
  const dev = startDev()
  const url = await dev.shows(banner)
  const serverPid = Number((await answerOf(url)).split(' ')[1])
  dev.process.kill('SIGKILL')
  await expect.poll(() => isAlive(serverPid), { timeout: 10_000 }).toBe(false)
  const databasePid = await readDatabasePid()
  const again = startDev()
  expect(await again.shows(banner)).toBe(url)
  expect(await readDatabasePid()).toBe(databasePid)
  again.process.kill('SIGINT')
  expect(await again.exitCode).toBe(0)
  expect(isAlive(databasePid)).toBe(false)
})

test('restarts a killed database, while the server continues', async () => {
  const dev = startDev()
  const databaseUrl = await dev.shows(/migrated (\S+)/)
  const url = await dev.shows(banner)
  process.kill(await readDatabasePid(), 'SIGKILL')
  await dev.shows(/Reconnecting/)
  await expect.poll(() => canConnect(databaseUrl), { timeout: 20_000 }).toBe(true)
  expect(await answerOf(url)).toMatch(/^first /)
  dev.process.kill('SIGINT')
  expect(await dev.exitCode).toBe(0)
})

test('a stop while the database restarts leaves no process running', async () => {
  const dev = startDev()
  await dev.shows(banner)
  process.kill(await readDatabasePid(), 'SIGKILL')
  await dev.shows(/Reconnecting/)
  dev.process.kill('SIGINT')
  expect(await dev.exitCode).toBe(0)
  await expect(readDatabasePid()).rejects.toThrow('ENOENT')
})

test('opens the debugger of the server only', async () => {
  const inspected = (await bind('127.0.0.1', 0)) ?? 0
  const dev = startDev({}, [`--inspect=127.0.0.1:${inspected}`])
  const url = await dev.shows(banner)
  const targets = await (await fetch(`http://127.0.0.1:${inspected}/json/list`)).json()
  expect(targets).toMatchObject([{ url: expect.stringContaining('main.mjs') }])
  await writeFile(serverFile, serverCode('second'))
  await dev.shows(/restarted/)
  expect(await answerOf(url)).toMatch(/^second /)
  expect((await fetch(`http://127.0.0.1:${inspected}/json/list`)).status).toBe(200)
  await writeFile(serverFile, serverCode('first'))
  dev.process.kill('SIGINT')
  expect(await dev.exitCode).toBe(0)
})

test('rejects a given port that is taken', async () => {
  const blocker = createServer().listen(0, '127.0.0.1')
  await once(blocker, 'listening')
  onTestFinished(() => void blocker.close())
  const address = blocker.address()
  const taken = typeof address === 'object' && address ? address.port : 0
  const given = startDev({ PORT: String(taken) })
  await given.shows(new RegExp(`Port ${taken} \\(PORT\\) is in use`))
  expect(await given.exitCode).toBe(1)
})

test('a frontend runs beside the server, on the next free port, and ends with it', async () => {
  const blocker = createServer().listen(port + 1, 'localhost')
  await once(blocker, 'listening')
  onTestFinished(() => void blocker.close())
  const dev = startDev({ FRONTEND: path.join(root, 'frontend.mjs') })
  await dev.shows(/prepared/)
  const url = await dev.shows(banner)
  expect(Number(new URL(url).port)).toBeGreaterThan(port + 1)
  const [apiUrl = '', appUrl, pid] = (await answerOf(url)).split(' ')
  expect(appUrl).toBe(url)
  const pids = [Number(pid), Number((await answerOf(apiUrl)).split(' ')[1])]
  expect(pids.map(isAlive)).toEqual([true, true])
  dev.process.kill('SIGINT')
  expect(await dev.exitCode).toBe(0)
  expect(pids.map(isAlive)).toEqual([false, false])
})

function canConnect(url: string): Promise<boolean> {
  return withConnection(url, async () => true).catch(() => false)
}
