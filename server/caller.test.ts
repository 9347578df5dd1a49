import { spawn } from 'node:child_process'
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { beforeAll, expect, inject, onTestFinished, test } from 'vitest'
import { readEnvironment } from './config.js'
import { developmentSettingsFile } from './development-settings.js'
import { createUser, signIn } from './testing/factories.js'
import { testPepper, testTokenSecret } from './testing/secrets.js'
import { startTestApp } from './testing/test-app.js'

const t = await startTestApp()
const root = path.join(import.meta.dirname, '..')
const call =
  "const page = await server.asSystem('nightly report').users.list({ limit: 1 }); console.log(page.meta.limit)"
let settings: Record<string, string>
let entry: string

// One file, as bundlers make it. It also starts much faster than the sources.
beforeAll(async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'bundle-'))
  const outfile = path.join(folder, 'bundle.mjs')
  const options = { bundle: true, platform: 'node', format: 'esm', packages: 'external', logLevel: 'silent' } as const
  await build({ ...options, entryPoints: [path.join(root, 'server/caller.ts')], outfile })
  await symlink(path.join(root, 'node_modules'), path.join(folder, 'node_modules'))
  entry = pathToFileURL(outfile).href
  return () => rm(folder, { recursive: true })
})

beforeAll(async () => {
  await createUser(t)
  settings = {
    PUBLIC_URL: t.config.http.publicUrl,
    DATABASE_URL: t.config.database.directUrl ?? '',
    JWT_PRIVATE_KEYS: inject('signingKeys'),
    PASSWORD_PEPPER: testPepper,
    TOKEN_SECRET: testTokenSecret,
  }
})

/** Runs a program of its own that creates callers as `server`. It has 10 seconds to end by itself. */
async function run(work: string, environment: Record<string, string>) {
  const code = `import { createServerCaller } from '${entry}'\nconst server = await createServerCaller()\n${work}`
  const words = ['--input-type=module', '--eval', code]
  const env = { PATH: readEnvironment().PATH, DATA_DIR: await createFolder(), ...environment }
  const child = spawn(process.execPath, words, { env, stdio: ['ignore', 'pipe', 'pipe'], timeout: 20_000 })
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  const [stdout, stderr, exitCode] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  return { stdout, stderr, exitCode }
}

async function createFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'caller-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  return folder
}

/** A data folder as `npm run dev` leaves it. */
async function createDevelopmentFolder(): Promise<string> {
  const folder = await createFolder()
  await writeFile(developmentSettingsFile(folder), JSON.stringify(settings))
  return folder
}

test('a program ends by itself, without closing its callers', async () => {
  expect(await run(call, { NODE_ENV: 'test', ...settings })).toEqual({ exitCode: 0, stdout: '1\n', stderr: '' })
})

test('a program that closes its callers has no connections left', async () => {
  const sql = 'SELECT count(*)::int FROM pg_stat_activity WHERE datname = current_database()'
  const connect =
    "const watcher = new (await import('pg')).default.Client(process.env.DATABASE_URL); await watcher.connect()"
  const count = `const count = async () => (await watcher.query("${sql}")).rows[0].count`
  const begin = `${connect}; ${count}; const before = await count(); ${call}; const open = await count()`
  const wait = 'for (let tries = 0; (await count()) > before && tries < 100; tries += 1);'
  const work = `${begin}; await server.close(); ${wait} console.log(open > before, (await count()) - before); await watcher.end()`
  const { stdout, exitCode } = await run(work, { NODE_ENV: 'test', ...settings })
  expect([stdout, exitCode]).toEqual(['1\ntrue 0\n', 0])
})

test('a bundle hashes and refuses passwords without another file, and ends by itself', async () => {
  const visitor =
    'const { auth } = server.withToken(null); const codeOf = (error) => console.log(error.data.error.code)'
  const login = "await auth.login({ email: 'nobody@example.com', password: 'not the password at all' }).catch(codeOf)"
  const common = "{ email: 'new@example.com', name: 'New', password: 'passwordpassword' }"
  const work = `${visitor}; ${login}; await auth.register(${common}).catch(codeOf)`
  const ended = await run(work, { NODE_ENV: 'test', ...settings })
  expect(ended).toEqual({ exitCode: 0, stdout: 'INVALID_CREDENTIALS\nPASSWORD_TOO_COMMON\n', stderr: '' })
})

test('a failure ends a program with its code, and without waiting', async () => {
  const { stderr, exitCode } = await run('await server.withToken(null).users.me()', { NODE_ENV: 'test', ...settings })
  expect(exitCode).toBe(1)
  expect(stderr).toContain('CallError')
  expect(stderr).toContain("code: 'UNAUTHORIZED'")
})

test.each([{}, { NODE_ENV: 'development' }])('finds the settings of npm run dev with %j', async (mode) => {
  const DATA_DIR = await createDevelopmentFolder()
  expect(await run(call, { ...mode, DATA_DIR })).toEqual({ exitCode: 0, stdout: '1\n', stderr: '' })
})

test('prefers the environment to the settings of npm run dev', async () => {
  const DATA_DIR = await createDevelopmentFolder()
  const { accessToken } = await signIn(t, await createUser(t))
  const work = `await server.withToken('${accessToken}').users.me(); console.log('known')`
  expect((await run(work, { DATA_DIR })).stdout).toBe('known\n')
  expect((await run(work, { DATA_DIR, PUBLIC_URL: 'https://elsewhere.example.com' })).stderr).toContain('UNAUTHORIZED')
})

test('does not use the settings of npm run dev in production', async () => {
  const DATA_DIR = await createDevelopmentFolder()
  const { stderr, exitCode } = await run(call, { NODE_ENV: 'production', DATA_DIR })
  expect(exitCode).toBe(1)
  expect(stderr).toContain('DATABASE_URL is missing')
  expect(stderr).not.toContain('npm run dev')
})

test('names what is missing, and how to get it in development, without a stack', async () => {
  const { stderr, exitCode } = await run(call, {})
  expect(exitCode).toBe(1)
  expect(stderr).toContain('TOKEN_SECRET is missing')
  expect(stderr).toContain('start "npm run dev" first')
  expect(stderr).not.toMatch(/^\s+at /m)
})
