import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, expectTypeOf, it } from 'vitest'
import { readModels } from '../../testing/prisma-schema.js'
import { createTestDatabase, openDatabase } from '../../testing/test-database.js'
import type { Database, Transaction } from './client.js'
import { openConnection } from './connection.js'

const schemaFile = new URL('../../../prisma/schema.prisma', import.meta.url)

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
  const client = await openConnection(database.url)
  const { rows } = await client.query(sql)
  await client.end()
  return rows
}

it('stores the intended moment, whatever time zone the database is set to', async () => {
  const deletedAt = new Date('2026-01-02T03:04:05.678Z')
  await db.user.create({ data: { email: 'a@example.com', name: 'A', deletedAt } })
  expect(await query(`SELECT "deletedAt" FROM "User" WHERE email = 'a@example.com'`)).toEqual([{ deletedAt }])
})

it('cannot be passed as a transaction, because its statements would commit separately', () => {
  expectTypeOf<Database>().not.toExtend<Transaction>()
  expectTypeOf<Transaction>().not.toExtend<Database>()
})

it('omits secrets from rows unless they are selected', async () => {
  const { id } = await db.user.create({ data: { email: 'b@example.com', name: 'B', passwordHash: 'hash' } })
  expect(await db.user.findUnique({ where: { id } })).not.toHaveProperty('passwordHash')
  const asked = await db.user.findUnique({ where: { id }, omit: { passwordHash: false } })
  expect(asked).toMatchObject({ passwordHash: 'hash' })
})

it('S29: selects no hash of any model by default', async () => {
  const statements: string[] = []
  const watched = openDatabase(database.url, { max: 2, onStatement: (sql) => statements.push(sql) })
  const models = Object.entries(secretColumns())
  expect(models.map(([model]) => model).toSorted()).toEqual([
    'apiKey',
    'idempotencyKey',
    'mailToken',
    'registration',
    'session',
    'user',
  ])
  for (const [model, columns] of models) {
    statements.length = 0
    await readAny(watched, model)
    expect(
      statements.some((sql) => sql.includes('SELECT')),
      model,
    ).toBe(true)
    for (const column of columns) expect(statements.join('\n'), model).not.toContain(`"${column}"`)
  }
  await watched.$disconnect()
})

it('S43: repeats a read whose connection the server has ended, and no write', async () => {
  const read = db.$queryRaw`SELECT 1 AS "one" FROM pg_sleep(0.3)`
  const [outcome] = await Promise.allSettled([read, endConnectionOf('SELECT 1 AS')])
  expect(outcome).toEqual({ status: 'fulfilled', value: [{ one: 1 }] })
  const write = db.$executeRaw`UPDATE "User" SET "name" = 'C' FROM pg_sleep(0.3)`
  const [refused] = await Promise.allSettled([write, endConnectionOf('UPDATE')])
  expect(refused).toMatchObject({ status: 'rejected' })
  expect(await db.user.count({ where: { name: 'C' } })).toBe(0)
})

async function endConnectionOf(start: string): Promise<void> {
  const others = `FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' AND query LIKE '${start}%'`
  await expect.poll(() => query(`SELECT pg_terminate_backend(pid) AS "isEnded" ${others}`)).toEqual([{ isEnded: true }])
}

/** The columns with secrets, by the client's property for the model. */
function secretColumns(): Record<string, string[]> {
  const models = readModels(readFileSync(schemaFile, 'utf8')).map(({ name, fields }) => {
    const columns = fields.map((field) => field.name).filter((column) => /hash$/i.test(column))
    return [name.charAt(0).toLowerCase() + name.slice(1), columns] as const
  })
  return Object.fromEntries(models.filter(([, columns]) => columns.length > 0))
}

async function readAny(client: Database, model: string): Promise<void> {
  if (model === 'user') await client.user.findFirst()
  else if (model === 'session') await client.session.findFirst()
  else if (model === 'registration') await client.registration.findFirst()
  else if (model === 'mailToken') await client.mailToken.findFirst()
  else if (model === 'apiKey') await client.apiKey.findFirst()
  else if (model === 'idempotencyKey') await client.idempotencyKey.findFirst()
  else throw new Error(`Read ${model} here, too.`)
}
