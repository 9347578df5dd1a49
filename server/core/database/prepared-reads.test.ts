import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { Prisma } from '../../generated/client.js'
import { createStatementRecorder } from '../../testing/statement-recorder.js'
import { createTestDatabase, openDatabase } from '../../testing/test-database.js'
import type { Database } from './client.js'
import { withConnection } from './connection.js'
import { living, preparedRead, variants } from './prepared-reads.js'

const recorder = createStatementRecorder()
let database: Awaited<ReturnType<typeof createTestDatabase>>
let db: Database

beforeAll(async () => {
  database = await createTestDatabase()
  db = openDatabase(database.url, { max: 5, onStatement: recorder.onStatement })
})

afterAll(async () => {
  await db.$disconnect()
  await database.drop()
})

const nameSchema = z.object({ name: z.string() })
const nameById = preparedRead(
  nameSchema,
  ['id'],
  ({ id }) => Prisma.sql`SELECT u."name" FROM ${living('User')} u WHERE u."id" = ${id}::uuid`,
)
const createUser = async (name: string) =>
  (await db.user.create({ data: { email: `${randomUUID()}@example.com`, name } })).id

describe('a prepared read', () => {
  it('returns the rows of its parameters, and not those that are deleted', async () => {
    const [one, other] = [await createUser('One'), await createUser('Other')]
    expect(await db.$rows(nameById, { id: one })).toEqual([{ name: 'One' }])
    await db.user.update({ where: { id: other }, data: { deletedAt: new Date() } })
    expect(await db.$rows(nameById, { id: other })).toEqual([])
  })

  it('is seen by the recorder of the suite', async () => {
    await db.$rows(nameById, { id: randomUUID() })
    expect(recorder.statements).toContain(nameById.statement.text)
    expect(() => recorder.assertGuarded()).not.toThrow()
  })

  it.each([
    ['without the helper', Prisma.sql`SELECT u."name" FROM "User" u`],
    ['beside it', Prisma.sql`SELECT u."name" FROM ${living('User')} u JOIN "User" o ON o."id" <> u."id"`],
    ['in a schema', Prisma.sql`SELECT u."name" FROM "public"."User" u`],
  ])('S31: that reads a soft-deleted model %s is rejected before it is sent', (_where, sql) => {
    expect(() => preparedRead(nameSchema, [], () => sql)).toThrow(/Read them from living/)
  })

  it('S28: that holds the value of one request is rejected, because all others would get it', () => {
    const id = randomUUID()
    const write = () => Prisma.sql`SELECT u."name" FROM ${living('User')} u WHERE u."id" = ${id}::uuid`
    expect(() => preparedRead(nameSchema, ['id'], write)).toThrow(/not a parameter/)
  })

  it('rejects a row that its schema does not describe', async () => {
    const wrong = preparedRead(z.object({ name: z.number() }), ['id'], ({ id }) => {
      return Prisma.sql`SELECT u."name" FROM ${living('User')} u WHERE u."id" = ${id}::uuid`
    })
    await expect(db.$rows(wrong, { id: await createUser('One') })).rejects.toThrow(z.ZodError)
  })

  it('S42: ends within the time limit of a statement', async () => {
    const limit = preparedRead(z.object({ limit: z.string() }), [], () => {
      return Prisma.sql`SELECT current_setting('statement_timeout') AS "limit"`
    })
    expect(await db.$rows(limit, {})).toEqual([{ limit: '4500ms' }])
  })

  it('survives a change of the schema after it was prepared', async () => {
    const id = await createUser('One')
    const all = preparedRead(z.looseObject({ name: z.string() }), ['id'], ({ id: parameter }) => {
      return Prisma.sql`SELECT u.* FROM ${living('User')} u WHERE u."id" = ${parameter}::uuid`
    })
    const read = () => Promise.all(Array.from({ length: 10 }, () => db.$rows(all, { id })))
    await read()
    await withConnection(database.url, (client) => client.query('ALTER TABLE "User" ADD COLUMN "nickname" text'))
    for (const [row] of await read()) expect(row).toHaveProperty('nickname')
  })

  it('is written once for each variant', () => {
    const write = vi.fn(({ order }: { order: string }) => order)
    const variantOf = variants(write)
    expect([variantOf({ order: 'a' }), variantOf({ order: 'b' }), variantOf({ order: 'a' })]).toEqual(['a', 'b', 'a'])
    expect(write).toHaveBeenCalledTimes(2)
  })
})
