import { execFile, execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test, vi } from 'vitest'
import { readEnvironment } from '../config.js'
import { withConnection } from '../core/database/connection.js'
import { logIn, newestToken } from '../testing/accounts.js'
import { errorOf } from '../testing/errors.js'
import { createApiKey, createSignedInUser } from '../testing/factories.js'
import { testPassword } from '../testing/secrets.js'
import { createTestApp, startTestApp } from '../testing/test-app.js'
import { createTestDatabase } from '../testing/test-database.js'

// The commands are processes of their own, which take long on a busy machine.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const run = promisify(execFile)
const page = path.join(import.meta.dirname, '../../docs/guides/backup.md')
const t = await startTestApp()
let folder: string
let restored: Awaited<ReturnType<typeof createTestDatabase>>

// pg_dump refuses a server that is newer than itself; CI runs this on PostgreSQL 15, where Debian has both.
describe.skipIf((await serverVersion()) > dumpVersion())('the commands of the guide', () => {
  let before: Awaited<ReturnType<typeof createSignedInUser>>
  let after: Awaited<ReturnType<typeof createSignedInUser>>

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'backup-'))
    restored = await createTestDatabase({ empty: true })
    before = await createSignedInUser(t)
    await runBlock('backup')
    after = await createSignedInUser(t)
    await runBlock('restore')
  })
  afterAll(async () => {
    await restored.drop()
    await rm(folder, { recursive: true })
  })

  test('restore a database in which users log in, with nothing that has begun afterwards', async () => {
    const copy = await createTestApp({ databaseUrl: restored.url, clock: t.clock })
    expect(await logIn(copy, before.user.email, testPassword)).toBeDefined()
    expect(await copy.client(before.session).users.me.query()).toMatchObject({ id: before.user.id })
    expect((await errorOf(copy.client(after.session).users.me.query())).code).toBe('UNAUTHORIZED')
    await copy.container.jobs.drain()
    await copy.close()
  })

  test('end every session and API key, and every link, of the restored database', async () => {
    const copy = await createTestApp()
    const { user, session } = await createSignedInUser(copy)
    const key = await createApiKey(copy, user)
    await copy.client().auth.requestPasswordReset.mutate({ email: user.email })
    const token = await newestToken(copy, user.email)
    await runBlock('sign-everybody-out', { RESTORED_URL: copy.config.database.url ?? '' })

    copy.clock.advance(60)
    expect((await errorOf(copy.client(session).users.me.query())).code).toBe('UNAUTHORIZED')
    expect((await errorOf(copy.client(key).users.me.query())).code).toBe('UNAUTHORIZED')
    const password = 'a passphrase that nobody has chosen'
    expect((await errorOf(copy.client().auth.resetPassword.mutate({ token, password }))).code).toBe('INVALID_TOKEN')
    expect(await logIn(copy, user.email, testPassword)).toBeDefined()
    await copy.close()
  })

  test('refuse to restore over a database that is in use, and change nothing there', async () => {
    const { user } = await createSignedInUser(t)
    const overIt = { RESTORED_URL: t.config.database.url ?? '' }
    await expect(runBlock('restore', overIt)).rejects.toThrow(/already exists/)
    expect(await t.db.user.count({ where: { id: user.id } })).toBe(1)
  })

  test('find a dump that was cut off', async () => {
    const dump = path.join(folder, 'app.dump')
    const whole = await readFile(dump)
    onTestFinished(() => writeFile(dump, whole))
    await writeFile(dump, whole.subarray(0, whole.length / 2))
    await expect(runBlock('restore')).rejects.toThrow(/unexpected end of file|could not read/)
  })
})

/** Runs a block of the page as a shell does that stops at the first error. */
async function runBlock(name: string, settings: Record<string, string> = {}) {
  const text = await readFile(page, 'utf8')
  const [, commands = 'false'] = new RegExp(`^\`\`\`sh ${name}\\n([^]*?)^\`\`\``, 'm').exec(text) ?? []
  const root = path.join(import.meta.dirname, '../..')
  const inFolder = commands
    .replaceAll('app.dump', path.join(folder, 'app.dump'))
    .replaceAll('app.contents', path.join(folder, 'app.contents'))
  const urls = { DATABASE_URL: t.config.database.url ?? '', RESTORED_URL: restored.url }
  const env = { PATH: readEnvironment().PATH, NODE_ENV: 'development', ...urls, ...settings }
  await run('bash', ['-e', '-u', '-o', 'pipefail', '-c', inFolder], { cwd: root, env })
}

function dumpVersion(): number {
  try {
    return Number(/\d+/.exec(execFileSync('pg_dump', ['--version'], { encoding: 'utf8' }))?.[0])
  } catch {
    return 0
  }
}

async function serverVersion(): Promise<number> {
  const { rows } = await withConnection(inject('postgresUrl'), (client) => client.query('SHOW server_version_num'))
  return Math.floor(Number(rows[0]?.server_version_num) / 10_000)
}
