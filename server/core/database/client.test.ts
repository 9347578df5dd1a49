import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestDatabase, openDatabase } from '../../testing/test-database.js'
import type { Database } from './client.js'

let database: Awaited<ReturnType<typeof createTestDatabase>>
let db: Database

beforeAll(async () => {
  database = await createTestDatabase()
  const name = new URL(database.url).pathname.slice(1)
  await query(`ALTER DATABASE ${name} SET TimeZone = 'Asia/Tokyo'`)
  db = openDatabase(database.url, { max: 1 })
})

afterAll(async () => {
  await db.$disconnect()
  await database.drop()
})

async function query(sql: string) {
  const client = new pg.Client({ connectionString: database.url })
  await client.connect()
  const { rows } = await client.query(sql)
  await client.end()
  return rows
}

it('stores the moment that was meant, whatever time zone the database is set to', async () => {
  const deletedAt = new Date('2026-01-02T03:04:05.678Z')
  await db.user.create({ data: { email: 'a@example.com', name: 'A', deletedAt } })
  expect(await query(`SELECT "deletedAt" FROM "User" WHERE email = 'a@example.com'`)).toEqual([{ deletedAt }])
})

it('leaves secrets out of rows unless they are asked for', async () => {
  const { id } = await db.user.create({ data: { email: 'b@example.com', name: 'B', passwordHash: 'hash' } })
  expect(await db.user.findUnique({ where: { id } })).not.toHaveProperty('passwordHash')
  const asked = await db.user.findUnique({ where: { id }, omit: { passwordHash: false } })
  expect(asked).toMatchObject({ passwordHash: 'hash' })
})
