import { randomBytes } from 'node:crypto'
import { chown, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest'
import { withConnection } from '../core/database/connection.js'
import { ordinaryUser } from '../testing/ordinary-user.js'
import { runCommand } from '../testing/run-command.js'
import { createTestDatabase } from '../testing/test-database.js'

const secret = 'geheim'

/** A URL of the test's server with other parts. */
function urlWith(parts: { username?: string; password?: string; pathname?: string; port?: string; search?: string }) {
  return Object.assign(new URL(inject('postgresUrl')), parts).href
}

describe('each command ends with a sentence and its remedy, and without a password', () => {
  const urls: [name: string, url: () => string, remedy: RegExp][] = [
    ['an unknown host', () => `postgresql://app:${secret}@no-host.invalid/app`, /Correct the name of the host/],
    ['a wrong port', () => `postgresql://app:${secret}@127.0.0.1:1/app`, /ECONNREFUSED.*\nStart PostgreSQL there/],
    ['a wrong password', () => urlWith({ username: 'nobody', password: secret }), /Correct the role nobody/],
    ['a missing database', () => urlWith({ pathname: '/missing' }), /Create the database/],
    ['TLS that the server lacks', () => urlWith({ search: '?sslmode=verify-full' }), /sslmode=disable/],
    ['@ and / in the password', () => `postgresql://app:p@h/${secret}@127.0.0.1/app`, /write @ as %40/],
    ['/ and digits in the password', () => `postgresql://app:12/${secret}@127.0.0.1/app`, /write @ as %40/],
    ['# in the password', () => `postgresql://app:p#${secret}@127.0.0.1/app`, /# as %23/],
    ['? and digits in the password', () => `postgresql://app:1?${secret}@127.0.0.1/app`, /\? as %3F/],
    ['no URL', () => secret, /must be like postgresql:\/\//],
    ['another protocol', () => `http://app:${secret}@127.0.0.1/app`, /must be like postgresql:\/\//],
  ]
  const commands = [['seed'], ['admin-new', 'a@example.com', 'Ann'], ['db-reset'], ['check-migrations'], ['dev']]

  test.each(urls)('migrate, with %s', async (_name, url, remedy) => {
    await expectRemedy(['migrate'], { DATABASE_URL: url() }, remedy)
  })

  test.each(commands)('%s, with a wrong port, and with an unencoded password', async (...words) => {
    for (const [, url, remedy] of [urls[1], urls[5]].flatMap((row) => (row ? [row] : [])))
      await expectRemedy(words, { DATABASE_URL: url() }, remedy)
  })

  test('migrate, with a time zone, a port and options of the shell that mean another server', async () => {
    const { url, drop } = await createTestDatabase({ empty: true })
    onTestFinished(drop)
    const shell = { PGOPTIONS: 'bad', PGSERVICE: 'missing', PGUSER: 'x', PGTZ: 'Asia/Tokyo', PGHOST: '/x', HOME: '' }
    expect(await runCommand(['migrate'], { DATABASE_URL: url, ...shell })).toMatchObject({ code: 0 })
  })
})

describe('a role that may not do everything', () => {
  const role = `role_${randomBytes(6).toString('hex')}`
  let database: Awaited<ReturnType<typeof createTestDatabase>>
  const administer = (sql: string) => withConnection(database.url, (client) => client.query(sql))
  const url = () => urlWith({ username: role, password: secret, pathname: new URL(database.url).pathname })

  beforeAll(async () => {
    database = await createTestDatabase({ empty: true })
    await administer(`CREATE ROLE ${role} LOGIN PASSWORD '${secret}'`)
  })
  afterAll(async () => {
    await database.drop()
    await withConnection(inject('postgresUrl'), (client) => client.query(`DROP ROLE ${role}`))
  })

  test('is told the privileges that it lacks, for tables and then for the extension, and can migrate with them', async () => {
    const lacking = await runCommand(['migrate'], { DATABASE_URL: url() })
    expect(lacking.output).toContain(
      `The role ${role} cannot apply the migrations: permission denied for schema public`,
    )
    const [onDatabase = '', onSchema = ''] = lacking.output.match(/GRANT CREATE ON [^;]*;/g) ?? []
    await administer(onSchema)
    await expectRemedy(['migrate'], { DATABASE_URL: url() }, /permission denied to create extension "pg_trgm"/)
    await administer(onDatabase)
    expect(await runCommand(['migrate'], { DATABASE_URL: url() })).toMatchObject({ code: 0 })
    await expectRemedy(['db-reset'], { DATABASE_URL: url() }, /Use the owner of the database/)
  })

  test('is told of pending migrations by commands that need the tables', async () => {
    const empty = await createTestDatabase({ empty: true })
    onTestFinished(empty.drop)
    for (const words of [['seed'], ['admin-new', 'a@example.com', 'Ann']])
      await expectRemedy(words, { DATABASE_URL: empty.url }, /Migrations are pending: .*\nRun: npm run migrate/)
  })
})

describe.skipIf(process.getuid?.() !== 0)('a user of the machine', () => {
  test('without a name is told how to get one, or to use another PostgreSQL', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'nameless-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    await chown(folder, 54321, 54321)
    const account = { uid: 54321, gid: 54321 }
    const settings = { DATA_DIR: path.join(folder, 'data') }
    await expectRemedy(
      ['migrate'],
      settings,
      /user 54321 has no entry in \/etc\/passwd\. Add one .* or set DATABASE_URL/,
      account,
    )
  })

  test.each(['/proc/data', '/dev/null/data', '/root/data'])('that cannot write to %s is told so', async (folder) => {
    await expectRemedy(['migrate'], { DATA_DIR: folder }, /cannot be read and written by this user/, ordinaryUser)
  })
})

test('a port that another program has ends npm run dev with the next step', async () => {
  const server = createServer()
  onTestFinished(() => void server.close())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' ? String(address?.port) : ''
  const database = await createTestDatabase()
  onTestFinished(database.drop)
  await expectRemedy(['dev'], { DATABASE_URL: database.url, PORT: port, SEED: 'false' }, /in use|PORT=/)
})

async function expectRemedy(
  words: string[],
  settings: Record<string, string>,
  remedy: RegExp,
  account?: { uid: number; gid: number },
): Promise<void> {
  const { code, output } = await runCommand(words, settings, account)
  expect(output).toMatch(remedy)
  expect(output).not.toMatch(/^ {4}at |\bgeheim\b/m)
  expect(code).toBe(1)
}
