import { spawn } from 'node:child_process'
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { readEnvironment } from '../config.js'
import { createTestDatabase } from '../testing/test-database.js'

// npm and the Prisma CLI are separate processes, which take long on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

const root = path.join(import.meta.dirname, '../..')
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'fresh clone '))
  // As root, PostgreSQL runs with another account.
  await chmod(folder, 0o755)
  await cp(path.join(root, 'package.json'), path.join(folder, 'package.json'))
  await mkdir(path.join(folder, 'server/commands'), { recursive: true })
  await cp(path.join(root, 'server/development/generate.mjs'), path.join(folder, 'server/development/generate.mjs'))
})

afterAll(() => rm(folder, { recursive: true }))

interface Program {
  command: string
  cwd: string
  environment?: Record<string, string>
}

function run({ command, cwd, environment = {} }: Program) {
  const env = { PATH: readEnvironment().PATH, HOME: folder, ...environment }
  const child = spawn(command, { shell: true, cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
  const ended = new Promise<{ code: number | null; output: string }>((resolve) => {
    child.on('close', (code) => resolve({ code, output }))
  })
  return { child, ended, shows: (text: string) => vi.waitUntil(() => output.includes(text), { timeout: 30_000 }) }
}

test('the lock file names no registry, and contains nothing that npm 10 removes or npm 11 adds', async () => {
  const { packages } = JSON.parse(await readFile(path.join(root, 'package-lock.json'), 'utf8'))
  const entries = Object.entries<{ resolved?: string; libc?: string[] }>(packages)
  expect(entries.length).toBeGreaterThan(300)
  expect(entries.filter(([, { resolved = '' }]) => resolved.includes('//'))).toEqual([])
  expect(entries.filter(([, entry]) => entry.libc)).toEqual([])
})

test('an install without the Prisma CLI succeeds, and generates nothing', async () => {
  expect(await run({ command: 'npm run prepare --silent', cwd: folder }).ended).toEqual({ code: 0, output: '' })
})

test('npm start names the command to run if there is no build', async () => {
  const { code, output } = await run({ command: 'npm start --silent', cwd: folder }).ended
  expect(output).toBe('There is no build to start. Run: npm run build (npm run dev needs none)\n')
  expect(code).toBe(1)
})

test('a signal to npm start reaches the server, whose exit code npm returns', async () => {
  const program = `process.on('SIGTERM', () => process.exit(7)); setInterval(() => {}, 1000); console.log('serving')`
  await mkdir(path.join(folder, 'dist/server'), { recursive: true })
  await writeFile(path.join(folder, 'dist/server/main.js'), program)
  const npm = run({ command: 'exec npm start --silent', cwd: folder })
  await npm.shows('serving')
  npm.child.kill('SIGTERM')
  expect((await npm.ended).code).toBe(7)
  await rm(path.join(folder, 'dist'), { recursive: true })
})

// Any program replaces the engine, which cannot be downloaded everywhere; its arguments are printed first.
const withoutEngine = { PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, CHECKPOINT_DISABLE: '1' }

test('the Prisma CLI finds the schema and the database of DATABASE_URL', async () => {
  const database = await createTestDatabase()
  const environment = { ...withoutEngine, DATABASE_URL: database.url }
  const valid = await run({ command: 'npx prisma validate', cwd: root, environment: withoutEngine }).ended
  const status = await run({ command: 'npx prisma migrate status', cwd: root, environment }).ended
  await database.drop()
  expect(valid).toMatchObject({ code: 0, output: expect.stringContaining('prisma/schema.prisma is valid') })
  expect(status.output).toContain(`database "${new URL(database.url).pathname.slice(1)}"`)
})

test('the Prisma CLI finds the embedded database, and leaves no server running', async () => {
  const dataDir = path.join(folder, 'data')
  const environment = { ...withoutEngine, DATA_DIR: dataDir }
  const { output } = await run({ command: 'npx prisma migrate status', cwd: root, environment }).ended
  expect(output).toMatch(/database "\w+".* at "127\.0\.0\.1:\d+"/)
  const files = path.join(dataDir, 'postgres/data')
  expect(await readdir(files)).toContain('PG_VERSION')
  await expect.poll(() => readdir(files), { timeout: 20_000 }).not.toContain('postmaster.pid')
})
