import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCutProxy } from '../../testing/cut-proxy.js'
import { silentLog } from '../../testing/rate-limit-stores.js'
import { createTestDatabase, openDatabase } from '../../testing/test-database.js'
import { toAppError } from '../error-mapping.js'
import { borrowAs, ConnectionPool } from './pool.js'
import { type Borrower, createPlaces } from './pool-places.js'
import { createDatabaseChecks } from './readiness.js'

let database: Awaited<ReturnType<typeof createTestDatabase>>

beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database.drop())

function openPool(max: number, url = database.url): ConnectionPool {
  return new ConnectionPool({ url, max, log: silentLog })
}

async function administer(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: database.url, options: '-c default_transaction_read_only=off' })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error: unknown) => toAppError(error).code,
  )

describe('the places of a pool', () => {
  /** The requesters that get a connection immediately; each keeps it. */
  async function served(max: number, borrowers: readonly Borrower[]) {
    const pool = openPool(max)
    const clients: pg.PoolClient[] = []
    const attempts = borrowers.map((borrower) => borrowAs(borrower, () => pool.connect()))
    for (const attempt of attempts) void attempt.then((client) => clients.push(client)).catch(() => {})
    const outcomes = await Promise.all(
      attempts.map((attempt) => Promise.race([attempt.then(() => true), sleep(1_000, false)])),
    )
    for (const client of clients) client.release()
    await Promise.allSettled(attempts.map(async (attempt) => (await attempt).release()))
    await pool.end()
    return outcomes
  }
  const many = (count: number, borrower: Borrower) => Array.from({ length: count }, () => borrower)
  const countOf = (outcomes: readonly boolean[]) => outcomes.filter(Boolean).length

  it('S66: leave room for session checks, limits and readiness, however many requests wait', async () => {
    const others = (['session', 'limit', 'readiness'] as const).map((purpose) => ({ purpose }))
    const outcomes = await served(9, [...many(20, { purpose: 'request' }), ...others])
    expect(countOf(outcomes.slice(0, 20))).toBe(6)
    expect(outcomes.slice(20)).toEqual([true, true, true])
  })

  it('S66: leave room for other features while one waits for a locked table', async () => {
    const stuck = many(20, { purpose: 'request', feature: 'posts' })
    const outcomes = await served(9, [...stuck, ...many(2, { purpose: 'request', feature: 'users' })])
    expect(countOf(outcomes.slice(0, 20))).toBe(4)
    expect(outcomes.slice(20)).toEqual([true, true])
  })

  it('S66: leave room for other networks while one holds its share', async () => {
    const busy = many(20, { purpose: 'request', network: '192.0.2.1' })
    const outcomes = await served(9, [...busy, { purpose: 'request', network: '192.0.2.2' }])
    expect(countOf(outcomes.slice(0, 20))).toBe(5)
    expect(outcomes[20]).toBe(true)
  })

  it.each([1, 2])('serve requests from a pool of %i', async (max) => {
    expect(await served(max, [{ purpose: 'request', feature: 'posts', network: '192.0.2.1' }])).toEqual([true])
  })

  it('S66: are given first to the network that holds the fewest, and among those to the first that came', async () => {
    const places = createPlaces(7)
    const take = (network: string) => places.take({ purpose: 'request', network })
    const [leave] = await Promise.all([take('a'), take('a'), take('a'), take('c')])
    const order: string[] = []
    const waiting = ['a', 'b', 'd'].map(async (network) => {
      const done = await take(network)
      order.push(network)
      done()
    })
    leave?.()
    await Promise.all(waiting)
    expect(order).toEqual(['b', 'd', 'a'])
  })

  it('S42: are rejected after a wait of 2 seconds, without keeping a place', async () => {
    const pool = openPool(1)
    const client = await pool.connect()
    expect(await codeOf(pool.query('SELECT 1'))).toBe('SERVICE_UNAVAILABLE')
    client.release()
    expect((await pool.query('SELECT 1')).rowCount).toBe(1)
    await pool.end()
  })

  it('are returned if connecting fails', async () => {
    const pool = openPool(1, 'postgresql://nobody@127.0.0.1:1/none')
    for (let tries = 0; tries < 3; tries += 1) {
      expect(await codeOf(pool.query('SELECT 1'))).toBe('SERVICE_UNAVAILABLE')
    }
    await pool.end()
  })
})

describe('connections that are lost', () => {
  it('S43: do not end the process if the database closes one directly after its greeting', async () => {
    const proxy = await createCutProxy(database.url)
    // In one packet with the first ReadyForQuery, so that the error occurs before anything can listen for it.
    proxy.endAfterGreeting(true)
    const pool = openPool(1, proxy.url)
    const attempt = codeOf(pool.query('SELECT 1'))
    await sleep(100)
    proxy.endAfterGreeting(false)
    expect(['done', 'SERVICE_UNAVAILABLE']).toContain(await attempt)
    expect(await codeOf(pool.query('SELECT 1'))).toBe('done')
    await pool.end()
    await proxy.close()
  })

  it('S67: are closed and replaced if there is no response, also in a transaction', async () => {
    const proxy = await createCutProxy(database.url)
    const pool = openPool(4, proxy.url)
    const db = openDatabase(proxy.url, { max: 4 })
    await Promise.all([pool.open(), db.user.count()])
    proxy.cut('stalled')
    const outcomes = await Promise.all([
      codeOf(pool.query('SELECT 1')),
      codeOf(db.user.count()),
      codeOf(db.$transaction((tx) => tx.user.count())),
    ])
    expect(outcomes).toEqual(Array<string>(3).fill('SERVICE_UNAVAILABLE'))
    proxy.restore()
    expect([await codeOf(pool.query('SELECT 1')), await codeOf(db.user.count())]).toEqual(['done', 'done'])
    await Promise.all([pool.end(), db.$disconnect()])
    await proxy.close()
  })

  it('are not given to others with an open transaction', async () => {
    const pool = openPool(1)
    const client = await pool.connect()
    await client.query('BEGIN')
    client.release()
    const { rows } = await pool.query(
      'SELECT pg_current_xact_id_if_assigned() AS id, now() = statement_timestamp() AS own',
    )
    expect(rows).toEqual([{ id: null, own: true }])
    await pool.end()
  })
})

describe('outdated sessions', () => {
  it('S68: a changed column causes no failed statement or transaction, however many connections have an old plan', async () => {
    await administer('CREATE TABLE changing (id int PRIMARY KEY, text text)')
    const db = openDatabase(database.url, { max: 8 })
    const read = () => db.$queryRaw`SELECT id, text FROM changing`
    const readInside = () => db.$transaction((tx) => tx.$queryRaw`SELECT id, text FROM changing`)
    for (const type of ['varchar(500)', 'varchar(600)', 'text']) {
      await Promise.all(Array.from({ length: 10 }, () => [read(), readInside()]).flat())
      await administer(`ALTER TABLE changing ALTER text TYPE ${type}`)
      const outcomes = await Promise.all(
        Array.from({ length: 10 }, () => [codeOf(read()), codeOf(readInside())]).flat(),
      )
      expect(new Set(outcomes)).toEqual(new Set(['done']))
    }
    await db.$disconnect()
  })

  it("S68: a changed plan is detected in any language of PostgreSQL's messages", async () => {
    const db = openDatabase(database.url)
    await db.$executeRaw`CREATE SEQUENCE tries`
    const statement = `DO $$ BEGIN IF nextval('tries') < 3 THEN
      RAISE EXCEPTION 'gecachter Plan darf den Ergebnistyp nicht ändern' USING ERRCODE = '0A000'; END IF; END $$`
    expect(await codeOf(db.$executeRawUnsafe(statement))).toBe('done')
    await db.$disconnect()
  })

  it('S69: a read-only database accepts writes as soon as it becomes writable, and readiness reports the state', async () => {
    const name = new URL(database.url).pathname.slice(1)
    await administer(`ALTER DATABASE ${name} SET default_transaction_read_only = on`)
    const pool = openPool(5)
    const db = openDatabase(database.url)
    const checks = createDatabaseChecks(pool)
    const create = () => codeOf(db.user.create({ data: { email: `${Math.random()}@example.com`, name: 'A' } }))
    expect(await Promise.all([create(), create(), create()])).toEqual(Array<string>(3).fill('SERVICE_UNAVAILABLE'))
    await expect(checks.database()).rejects.toThrow('read-only')
    await administer(
      `SET default_transaction_read_only = off; ALTER DATABASE ${name} RESET default_transaction_read_only`,
    )
    expect(await Promise.all([create(), create(), create()])).toEqual(['done', 'done', 'done'])
    await checks.database()
    await Promise.all([pool.end(), db.$disconnect()])
  })
})

describe('transactions that fail because of a conflict', () => {
  it('S70: are repeated after a deadlock and a serialization failure, and take effect once', async () => {
    const db = openDatabase(database.url)
    const [a, b] = await Promise.all(
      ['a', 'b'].map((name) => db.user.create({ data: { email: `${name}-deadlock@example.com`, name } })),
    )
    const touch = (ids: readonly (string | undefined)[]) =>
      db.$transaction(async (tx) => {
        for (const id of ids) {
          await tx.user.updateMany({ where: { id: id ?? '' }, data: { version: { increment: 1 } } })
          await sleep(50)
        }
      })
    const work = Array.from({ length: 4 }, (_, index) => touch(index % 2 ? [a?.id, b?.id] : [b?.id, a?.id]))
    const outcomes = await Promise.all(work.map(codeOf))
    const done = outcomes.filter((outcome) => outcome === 'done').length
    expect(done).toBeGreaterThanOrEqual(2)
    const versions = await db.user.findMany({ where: { email: { endsWith: '-deadlock@example.com' } } })
    expect(versions.map(({ version }) => version)).toEqual([1 + done, 1 + done])
    await db.$disconnect()
  })

  it('S70: fail after three attempts, without any effect', async () => {
    const db = openDatabase(database.url)
    let tries = 0
    const work = db.$transaction(async (tx) => {
      tries += 1
      await tx.user.create({ data: { email: 'undone@example.com', name: 'A' } })
      await tx.$executeRaw`DO $$ BEGIN RAISE EXCEPTION 'conflict' USING ERRCODE = '40001'; END $$`
    })
    expect(await codeOf(work)).toBe('SERVICE_UNAVAILABLE')
    expect(tries).toBe(3)
    expect(await db.user.count({ where: { email: 'undone@example.com' } })).toBe(0)
    await db.$disconnect()
  })

  it('are not repeated after any other failure', async () => {
    const db = openDatabase(database.url)
    let tries = 0
    const work = db.$transaction(async () => {
      tries += 1
      throw new Error('a bug')
    })
    expect(await codeOf(work)).toBe('INTERNAL_ERROR')
    expect(tries).toBe(1)
    await db.$disconnect()
  })
})
