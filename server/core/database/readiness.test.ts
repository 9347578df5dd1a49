import { pino } from 'pino'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { startTestApp } from '../../testing/test-app.js'
import { ConnectionPool } from './pool.js'
import { createDatabaseChecks } from './readiness.js'

const t = await startTestApp()
const pool = new ConnectionPool({ url: t.config.database.directUrl ?? '', max: 4, log: pino({ level: 'silent' }) })
await pool.query('CREATE TABLE kept AS SELECT * FROM _prisma_migrations')
beforeEach(async () => {
  await pool.query('TRUNCATE _prisma_migrations')
  await pool.query('INSERT INTO _prisma_migrations SELECT * FROM kept')
})
afterAll(() => pool.end())

const newest = '(SELECT max(migration_name) FROM kept)'
const states = {
  pending: `DELETE FROM _prisma_migrations WHERE migration_name = ${newest}`,
  'edited after it was applied': `UPDATE _prisma_migrations SET checksum = 'other' WHERE migration_name = ${newest}`,
  failed: `UPDATE _prisma_migrations SET finished_at = NULL, logs = 'failed' WHERE migration_name = ${newest}`,
}

describe('readiness', () => {
  it.each(Object.entries(states))('fails while a migration is %s, and succeeds afterwards', async (_, sql) => {
    const checks = createDatabaseChecks(pool)
    await pool.query(sql)
    await expect(checks.migrations()).rejects.toThrow(/migration/i)
    await pool.query('DELETE FROM _prisma_migrations')
    await pool.query('INSERT INTO _prisma_migrations SELECT * FROM kept')
    await expect(checks.migrations()).resolves.toBeUndefined()
  })

  it('is the response of /readyz, with the failing check', async () => {
    await pool.query(states.pending)
    const unready = await t.app.inject('/readyz')
    expect([unready.statusCode, unready.json().checks]).toEqual([503, { database: 'ok', migrations: 'failing' }])
    await pool.query('DELETE FROM _prisma_migrations')
    await pool.query('INSERT INTO _prisma_migrations SELECT * FROM kept')
    await expect.poll(async () => (await t.app.inject('/readyz')).statusCode, { timeout: 10_000 }).toBe(200)
  })

  it('fails while the database is read-only', async () => {
    const url = new URL(t.config.database.directUrl ?? '')
    url.searchParams.set('options', '-c default_transaction_read_only=on')
    const readOnly = new ConnectionPool({ url: url.href, max: 4, log: pino({ level: 'silent' }) })
    await expect(createDatabaseChecks(readOnly).database()).rejects.toThrow('read-only')
    await readOnly.end()
    await expect(createDatabaseChecks(pool).database()).resolves.toBeUndefined()
  })
})
