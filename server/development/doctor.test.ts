import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, inject, onTestFinished, test } from 'vitest'
import { databaseUrl } from '../testing/global-setup.js'
import { hasPgBouncer, startPgBouncer } from '../testing/pgbouncer.js'
import { createTestDatabase } from '../testing/test-database.js'

const run = path.join(import.meta.dirname, '../run.mjs')
let dataDir: string

beforeEach(async () => {
  dataDir = await mkdtemp(path.join(os.tmpdir(), 'doctor-test-'))
})

afterEach(() => rm(dataDir, { recursive: true }))

/** Runs a command in a folder without an `.env`. */
function runCommand(name: string, environment: Record<string, string>): Promise<{ exitCode: number; output: string }> {
  const env = { PATH: '/usr/bin:/bin', NODE_ENV: 'development', DATA_DIR: dataDir, PORT: '0', ...environment }
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [run, name], { cwd: dataDir, env }, (_, stdout, stderr) => {
      resolve({ exitCode: child.exitCode ?? 1, output: stdout + stderr })
    })
  })
}

test('finds no problem with a migrated database', async () => {
  const database = await createTestDatabase()
  const { exitCode, output } = await runCommand('doctor', { DATABASE_URL: database.url })
  await database.drop()
  expect(output).not.toContain('fault')
  expect(output).toMatch(/ok +Database +PostgreSQL \d+.*, given/)
  expect(exitCode).toBe(0)
})

test('names the command for each problem: pending migrations, broken secrets', async () => {
  await writeFile(path.join(dataDir, 'development-secrets.json'), '{')
  const { exitCode, output } = await runCommand('doctor', { DATABASE_URL: inject('postgresUrl') })
  expect(output).toMatch(/fault +Migrations +Pending migrations: .*\. Run: npm run migrate/)
  expect(output).toMatch(/fault +Secrets .* is damaged\. Delete it/)
  expect(exitCode).toBe(1)
})

test('names the solution for an unreachable database, and for each missing production setting', async () => {
  const { exitCode, output } = await runCommand('doctor', {
    NODE_ENV: 'production',
    DATABASE_URL: 'postgresql://nobody:none@127.0.0.1:1/none',
  })
  expect(output).toMatch(
    /fault +Database .*ECONNREFUSED.*Start PostgreSQL there, correct the host or the port in DATABASE_URL/,
  )
  expect(output).toMatch(/fault +Secrets +JWT_PRIVATE_KEYS is missing\. Create one with: npm run -s keys:new/)
  expect(exitCode).toBe(1)
})

test.skipIf(!hasPgBouncer)('lists what the role needs behind a pooler, and the pooler itself', async () => {
  const database = await createTestDatabase()
  const pooler = await startPgBouncer(inject('postgresUrl'))
  const url = databaseUrl(pooler.url, new URL(database.url).pathname.slice(1))
  const { exitCode, output } = await runCommand('doctor', { DATABASE_URL: url, DIRECT_URL: database.url })
  expect(output).toMatch(
    /fault +Pooler +Sessions lack a setting\. Run: ALTER ROLE \S+ SET statement_timeout = '4500ms';/,
  )
  await pooler.stop()
  // Another program may have the port of the pooler by now.
  const stopped = await runCommand('doctor', {
    DATABASE_URL: url.replace(/:\d+\//, ':1/'),
    DIRECT_URL: database.url,
  })
  expect(stopped.output).toMatch(/fault +Pooler .*ECONNREFUSED.*Start PostgreSQL there/)
  expect([exitCode, stopped.exitCode]).toEqual([1, 1])
  await database.drop()
})

test('distinguishes a port that this application serves from one that another program uses', async () => {
  const answers = ['{"status":"alive"}', 'Hello'].map((text) => createServer((_, reply) => reply.end(text)))
  onTestFinished(() => answers.forEach((server) => server.close()))
  const outputs = await Promise.all(answers.map(portOf).map(async (port) => doctorOn(await port)))
  expect(outputs[0]).toMatch(/ok +Port .* is served by this application/)
  expect(outputs[1]).toMatch(/fault +Port .* is in use\. Set another port: PORT=\d+ npm run dev/)
})

test('keys:new adds a new signing key before the existing ones', async () => {
  const present = inject('signingKeys')
  const { output } = await runCommand('keys-new', { JWT_PRIVATE_KEYS: present })
  const [added, ...rest] = JSON.parse(output).keys
  expect(added).toMatchObject({ kty: 'EC', crv: 'P-256', alg: 'ES256', kid: expect.any(String) })
  expect(rest).toEqual(JSON.parse(present).keys)
})

async function doctorOn(port: string): Promise<string> {
  const settings = { DATABASE_URL: inject('postgresUrl'), HOST: '127.0.0.1', PORT: port }
  return (await runCommand('doctor', settings)).output
}

async function portOf(server: Server): Promise<string> {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  return String(typeof address === 'object' && address?.port)
}
