import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { openConnection, withConnection } from '../../core/database/connection.js'
import { canRunAsOrdinaryUser, ordinaryUser } from '../../testing/ordinary-user.js'
import { locateDatabase } from '../locate-database.js'
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.js'
import { isAlive } from './process.js'
import { startThrowawayPostgres } from './throwaway.js'

const settings = { fsync: 'off' }
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

let folder: string
let dataDir: string
let server: EmbeddedPostgres

// One cluster, in a folder with a space in its name that is closed to other users, as temporary folders are.
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'embedded test '))
  dataDir = path.join(folder, 'data dir')
  server = await start()
  await query('CREATE TABLE kept (n int); INSERT INTO kept VALUES (1)')
})

afterAll(async () => {
  await server.stop({ remove: true })
  expect(await readdir(folder)).toEqual([])
  await rm(folder, { recursive: true })
})

const start = () => startEmbeddedPostgres({ dataDir, database: 'app', settings })

async function query(sql: string, url = server.url) {
  return (await withConnection(url, (client) => client.query({ text: sql, rowMode: 'array' }))).rows
}

const readDataFolder = async (): Promise<string> => (await query('SHOW data_directory'))[0]?.[0]

const readPid = async () =>
  Number.parseInt(await readFile(path.join(await readDataFolder(), 'postmaster.pid'), 'utf8'), 10)

test('serves UTF-8 only on 127.0.0.1, and only with the password', async () => {
  expect(await query('SHOW listen_addresses')).toEqual([['127.0.0.1']])
  expect(await query('SHOW unix_socket_directories')).toEqual([['']])
  expect(await query('SHOW server_encoding')).toEqual([['UTF8']])
  expect(await query("SELECT upper('é')")).toEqual([['É']])
  const stranger = new URL(server.url)
  stranger.password = 'guess'
  await expect(query('SELECT 1', stranger.href)).rejects.toMatchObject({ cause: { code: '28P01' } })
})

test('finds a server that is still running, and does not stop it', async () => {
  const again = await start()
  expect(again.wasRunning).toBe(true)
  expect(again.url).toBe(server.url)
})

test('keeps data and address after a clean stop, which leaves no process', async () => {
  const pid = await readPid()
  const { url } = server
  await server.stop()
  expect(isAlive(pid)).toBe(false)
  server = await start()
  expect(server.url).toBe(url)
  expect(await query('SELECT n FROM kept')).toEqual([[1]])
})

test('recovers from kill -9 of PostgreSQL with its data', async () => {
  process.kill(await readPid(), 'SIGKILL')
  server = await start()
  expect(server.wasRunning).toBe(false)
  expect(await query('SELECT n FROM kept')).toEqual([[1]])
})

test.runIf(process.platform === 'linux')(
  'starts although the noted process id belongs to another program',
  async () => {
    const dataFolder = await readDataFolder()
    const note = path.join(dataFolder, 'postmaster.pid')
    const crashed = await readFile(note, 'utf8')
    await server.stop()
    const { uid, gid } = await stat(dataFolder)
    const other = spawn('sleep', ['60'], { stdio: 'ignore', ...(process.getuid?.() === 0 ? { uid, gid } : {}) })
    await writeFile(note, crashed.replace(/^\d+/, String(other.pid)))
    server = await start()
    expect(await query('SELECT n FROM kept')).toEqual([[1]])
    expect(other.kill('SIGKILL')).toBe(true)
  },
)

test('two concurrent starts use one server and one database', async () => {
  await server.stop()
  const [one, two] = await Promise.all([start(), start()])
  expect(one.url).toBe(two.url)
  server = one
})

test('creates a new cluster after an interrupted initdb, and for two concurrent first starts', async () => {
  const dir = await openFolder()
  const child = runScript(`startEmbeddedPostgres({ dataDir: '${dir}', database: 'app' })`)
  while (!(await readdir(dir)).some((name) => name.startsWith('postgres.new-'))) await sleep(5)
  await sleep(100)
  child.kill('SIGKILL')
  expect(await readdir(dir)).toEqual([expect.stringContaining('postgres.new-')])
  const starts = [1, 2].map(() => startEmbeddedPostgres({ dataDir: dir, database: 'app', settings }))
  const [one, two] = await Promise.all(starts)
  expect(one?.url).toBe(two?.url)
  expect(await query('SELECT 1', one?.url)).toEqual([[1]])
  await one?.stop({ remove: true })
})

test.runIf(process.getuid?.() === 0)(
  'starts afresh where the data folder of a cluster kept outside was deleted',
  async () => {
    const dir = path.join(folder, 'deleted')
    const first = await startEmbeddedPostgres({ dataDir: dir, database: 'app', settings })
    await query('CREATE TABLE gone (n int)', first.url)
    await rm(dir, { recursive: true })
    const second = await startEmbeddedPostgres({ dataDir: dir, database: 'app', settings })
    expect(second.wasRunning).toBe(false)
    await expect(query('SELECT n FROM gone', second.url)).rejects.toMatchObject({ code: '42P01' })
    await second.stop({ remove: true })
  },
)

test('removes temporary clusters whose process was killed', async () => {
  const child = runScript(
    `startThrowawayPostgres().then(({ url }) => { console.log(url); setInterval(() => {}, 1000) })`,
  )
  const [output] = await once(child.stdout ?? child, 'data')
  const url = String(output).trim()
  child.kill('SIGKILL')
  await once(child, 'exit')
  expect(await query('SELECT 1', url)).toEqual([[1]])
  await (await startThrowawayPostgres()).stop()
  await expect(query('SELECT 1', url)).rejects.toThrow()
})

const noDatabase = { url: undefined, directUrl: undefined, isPooled: false, testUrl: undefined, poolMax: 1 }

test('does not start in production', async () => {
  const config = { app: { name: 'app', title: 'App' }, dataDir, isProduction: true, database: noDatabase }
  await expect(locateDatabase(config)).rejects.toThrow('DATABASE_URL is missing')
})

test('a command stops the server that it started, unless others use it', async () => {
  const app = { name: 'app', title: 'App' }
  const config = { app, dataDir: path.join(folder, 'located'), isProduction: false, database: noDatabase }
  const first = await locateDatabase(config)
  const other = await openConnection(first.url)
  await first.close()
  expect((await other.query('SELECT 1 AS n')).rows).toEqual([{ n: 1 }])
  await other.end()
  await first.close()
  await expect(query('SELECT 1', first.url)).rejects.toThrow()
  await (await startEmbeddedPostgres({ dataDir: config.dataDir, database: 'app' })).stop({ remove: true })
})

test.runIf(await canRunAsOrdinaryUser())('runs as an ordinary user, too', async () => {
  const dir = await openFolder()
  const script = `startEmbeddedPostgres({ dataDir: '${dir}/data', database: 'app' }).then(async (server) => {
    console.log(server.url); await server.stop({ remove: true })
  })`
  const child = runScript(script, ordinaryUser)
  const [output] = await once(child.stdout ?? child, 'data')
  expect(String(output)).toMatch(/^postgresql:/)
  await once(child, 'exit')
})

/** A folder that every user can access and write to. */
async function openFolder(): Promise<string> {
  const dir = await mkdtemp(path.join(os.tmpdir(), 'embedded-test-'))
  onTestFinished(() => rm(dir, { recursive: true, force: true, maxRetries: 3 }))
  await chmod(dir, 0o777)
  return dir
}

function runScript(script: string, account = {}): ChildProcess {
  const modules = ['embedded-postgres', 'throwaway'].map((name) => path.join(import.meta.dirname, `${name}.ts`))
  const imports = modules.map((file) => `...(await import(${JSON.stringify(file)}))`).join(',')
  const code = `const { startEmbeddedPostgres, startThrowawayPostgres } = {${imports}}; await ${script}`
  const flags = ['--import', import.meta.resolve('tsx'), '--input-type=module', '-e', code]
  return spawn(process.execPath, flags, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { HOME: '/nonexistent' },
    ...account,
  })
}
