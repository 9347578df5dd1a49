import pg from 'pg'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { databaseUrl } from '../../testing/global-setup.js'
import { hasPgBouncer, startPgBouncer } from '../../testing/pgbouncer.js'
import { createTestDatabase } from '../../testing/test-database.js'
import { connectionOptions } from './connection-options.js'
import { ConnectionPool } from './pool.js'

const through = (pooler: string, direct: string) => databaseUrl(pooler, new URL(direct).pathname.slice(1))

function openPool(url: string, { isPooled = true, max = 4 } = {}) {
  const lines: { msg: string; remedies?: string[] }[] = []
  const log = pino({ level: 'debug' }, { write: (line: string) => void lines.push(JSON.parse(line)) })
  return { pool: new ConnectionPool({ url, isPooled, max, log }), lines }
}

describe.skipIf(!hasPgBouncer)('a pooler in transaction mode, with its own defaults', () => {
  let database: Awaited<ReturnType<typeof createTestDatabase>>
  let pooler: Awaited<ReturnType<typeof startPgBouncer>>
  let url = ''

  beforeAll(async () => {
    database = await createTestDatabase()
    pooler = await startPgBouncer(inject('postgresUrl'))
    url = through(pooler.url, database.url)
  })
  afterAll(async () => {
    await pooler.stop()
    await database.drop()
  })

  it('is refused without DIRECT_URL, and the error names that setting', async () => {
    const { pool } = openPool(url, { isPooled: false })
    await expect(pool.query('SELECT 1')).rejects.toThrow(/unsupported startup parameter.*Set DIRECT_URL/)
    await pool.end()
  })

  it('uses UTC on every connection to PostgreSQL, whatever the zone of the database', async () => {
    await withDirect(database.url, (client) =>
      client.query(
        `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET TimeZone = ''Asia/Tokyo''', current_database()); END $$`,
      ),
    )
    const { pool } = openPool(url, { max: 8 })
    const asks = Array.from({ length: 40 }, () =>
      pool.query<{ zone: string; pid: number }>(
        `SELECT current_setting('TimeZone') AS zone, pg_backend_pid() AS pid, pg_sleep(0.01)`,
      ),
    )
    const rows = (await Promise.all(asks)).flatMap((result) => result.rows)
    expect(new Set(rows.map(({ zone }) => zone))).toEqual(new Set(['UTC']))
    expect(new Set(rows.map(({ pid }) => pid)).size).toBeGreaterThan(1)
    await pool.end()
  })

  it('reports once what the role has to set, with the statements, after which nothing is left to report', async () => {
    const role = `limited_${new URL(database.url).pathname.slice(1)}`
    await withDirect(database.url, (client) => client.query(`CREATE ROLE ${role} LOGIN PASSWORD 'secret'`))
    const own = new URL(inject('postgresUrl'))
    Object.assign(own, { username: role, password: 'secret' })
    const ownPooler = await startPgBouncer(own.href)
    try {
      const address = through(ownPooler.url, database.url)
      const first = await reportOf(address)
      expect(first).toEqual([
        `ALTER ROLE ${role} SET statement_timeout = '4500ms';`,
        `ALTER ROLE ${role} SET lock_timeout = '2000ms';`,
        `ALTER ROLE ${role} SET idle_in_transaction_session_timeout = '10000ms';`,
      ])
      await withDirect(database.url, (client) => client.query(first.join(' ')))
      await withDirect(database.url, (client) =>
        client.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1', [role]),
      )
      expect(await reportOf(address)).toEqual([])
    } finally {
      await ownPooler.stop()
      await withDirect(database.url, (client) => client.query(`DROP ROLE ${role}`))
    }
  })

  it('names no statement if the pooler would not find it again, and leaves none behind', async () => {
    const { pool } = openPool(url, { max: 8 })
    const statement = { name: 'a_name', text: `SELECT pg_sleep(0.01), $1::int AS "number"` }
    const sent = Array.from({ length: 60 }, (_value, number) => pool.send({ ...statement, values: [number] }))
    const numbers = (await Promise.all(sent)).map(({ rows }) => rows[0].number)
    expect(numbers).toEqual(Array.from(sent.keys()))
    const left = await pool.query(`SELECT name FROM pg_prepared_statements WHERE name LIKE 'probe%'`)
    expect(left.rows).toEqual([])
    await pool.end()
  })
})

describe('a connection without a pooler', () => {
  it('keeps names of statements and lacks nothing, also if DIRECT_URL says that there is one', async () => {
    const { url, drop } = await createTestDatabase()
    const direct = openPool(url, { isPooled: false })
    await direct.pool.open()
    expect([direct.pool.keepsNames, direct.lines]).toEqual([true, []])
    const declared = openPool(url)
    expect(declared.pool.keepsNames).toBe(false)
    await declared.pool.open()
    expect(declared.pool.keepsNames).toBe(true)
    await Promise.all([direct.pool.end(), declared.pool.end()])
    await drop()
  })

  it('has no time limits for migrations, also if the role has', () => {
    const { options } = connectionOptions('postgresql://u@db/app', { hasTimeouts: false })
    for (const name of ['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout'])
      expect(options).toContain(`-c ${name}=0`)
  })
})

async function reportOf(url: string): Promise<readonly string[]> {
  const { pool, lines } = openPool(url)
  await Promise.all([pool.query('SELECT 1'), pool.query('SELECT 2')])
  await pool.end()
  const reports = lines.filter(({ remedies }) => remedies)
  expect(reports.length).toBeLessThanOrEqual(1)
  return reports[0]?.remedies ?? []
}

async function withDirect(url: string, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await work(client)
  } finally {
    await client.end()
  }
}
