import { readFile } from 'node:fs/promises'
import { PrismaPg } from '@prisma/adapter-pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PrismaClient } from '../../generated/client.js'
import { models } from '../../testing/schema-rules.js'
import { createStatementRecorder, unguardedTables } from '../../testing/statement-recorder.js'
import { createTestDatabase, openDatabase } from '../../testing/test-database.js'
import type { Database } from './client.js'
import { includingDeleted } from './soft-delete.js'

let database: Awaited<ReturnType<typeof createTestDatabase>>
let db: Database
const recorder = createStatementRecorder()
const ids = { living: '', gone: '' }

beforeAll(async () => {
  database = await createTestDatabase()
  db = openDatabase(database.url, { max: 3, onStatement: recorder.onStatement })
  ids.living = (await db.user.create({ data: { email: 'living@example.com', name: 'Living' } })).id
  ids.gone = (await db.user.create({ data: { email: 'gone@example.com', name: 'Gone', deletedAt: new Date() } })).id
})

afterAll(async () => {
  await db.$disconnect()
  await database.drop()
})

/** Every relation of every model to a soft-deleted one, with each operation that would change its rows. */
const nestedWrites = models.flatMap(({ name, fields }) =>
  fields
    .filter(({ type }) =>
      models.find((model) => model.name === type)?.fields.some((field) => field.name === 'deletedAt'),
    )
    .flatMap((field) => {
      const ofLists = field.isList ? ['connect', 'connectOrCreate', 'disconnect', 'set'] : []
      const operations = ['update', 'updateMany', 'upsert', 'delete', 'deleteMany', ...ofLists]
      return operations.map((operation) => [name, field.name, operation] as const)
    }),
)

describe('S31: soft-deleted rows', () => {
  it('are hidden from every kind of read', async () => {
    expect(await db.user.findUnique({ where: { id: ids.gone } })).toBeNull()
    expect(await db.user.findFirst({ where: { email: 'gone@example.com' } })).toBeNull()
    await expect(db.user.findUniqueOrThrow({ where: { id: ids.gone } })).rejects.toMatchObject({ code: 'P2025' })
    expect(await db.user.findMany()).toHaveLength(1)
    expect(await db.user.count()).toBe(1)
    expect((await db.user.aggregate({ _count: true }))._count).toBe(1)
    expect(await db.user.groupBy({ by: ['name'], _count: true })).toHaveLength(1)
    recorder.assertGuarded()
  })

  it('hide the rows that are read with them where the query says so, and the suite fails where it does not', async () => {
    const times = { lastUsedAt: new Date(), expiresAt: new Date(), absoluteExpiresAt: new Date() }
    const where = { ip: '192.0.2.1', userAgent: 'test', ...times }
    for (const userId of [ids.living, ids.gone]) {
      await db.session.create({ data: { ...where, userId, refreshTokenHash: Buffer.from(userId) } })
    }
    const select = { user: { select: { id: true } } }
    const sessions = await db.session.findMany({ where: { user: { deletedAt: null } }, select })
    expect(sessions).toEqual([{ user: { id: ids.living } }])
    recorder.assertGuarded()
    const careless = createStatementRecorder()
    const watched = openDatabase(database.url, { max: 1, onStatement: careless.onStatement })
    expect(await watched.session.findMany({ select })).toHaveLength(2)
    expect(() => careless.assertGuarded()).toThrow('User')
    await watched.$disconnect()
  })

  it('are not updated', async () => {
    const change = { where: { id: ids.gone }, data: { name: 'X' } }
    await expect(db.user.update(change)).rejects.toMatchObject({ code: 'P2025' })
    expect(await db.user.updateMany(change)).toEqual({ count: 0 })
  })

  it('are read if the query names deletedAt', async () => {
    expect(await db.user.findFirst({ where: { id: ids.gone, deletedAt: { not: null } } })).not.toBeNull()
    const both = { id: { in: [ids.gone, ids.living] } }
    expect(await db.user.count({ where: { AND: [includingDeleted], ...both } })).toBe(2)
    expect(await db.user.count({ where: both })).toBe(1)
  })

  it('are never permanently deleted', async () => {
    await expect(db.user.delete({ where: { id: ids.living } })).rejects.toThrow('soft-deleted')
    await expect(db.user.deleteMany({ where: { id: ids.gone } })).rejects.toThrow('soft-deleted')
    expect(await db.user.count({ where: { AND: [includingDeleted], id: { in: [ids.gone, ids.living] } } })).toBe(2)
  })

  it('are counted like they are listed: not at all, whatever is counted', async () => {
    const [row] = await db.user.findMany({ include: { _count: true, sessions: true } })
    expect(row?._count.sessions).toBe(row?.sessions.length)
    recorder.assertGuarded()
  })

  it.each(nestedWrites)('are not changed through %s.%s by a nested %s', async (model, relation, operation) => {
    const write = { [relation]: { [operation]: {} } }
    const delegate: any = Reflect.get(db, model.charAt(0).toLowerCase() + model.slice(1))
    const refusal = 'rows are soft-deleted: change them by a call of their own'
    await expect(delegate.create({ data: write })).rejects.toThrow(refusal)
    await expect(delegate.update({ where: { id: ids.living }, data: write })).rejects.toThrow(refusal)
    await expect(delegate.upsert({ where: { id: ids.living }, create: {}, update: write })).rejects.toThrow(refusal)
  })

  it('do not reserve their unique values', async () => {
    await db.user.create({ data: { email: 'gone@example.com', name: 'Again', deletedAt: new Date() } })
    const twin = db.user.create({ data: { email: 'living@example.com', name: 'Twin' } })
    await expect(twin).rejects.toMatchObject({ code: 'P2002' })
  })
})

describe('the statement recorder', () => {
  const planted = (sql: string) => {
    const fresh = createStatementRecorder()
    fresh.onStatement(sql)
    return () => fresh.assertGuarded()
  }

  it('reports a deliberately wrong read, plain, joined or nested', () => {
    expect(planted('SELECT "public"."User"."id" FROM "public"."User" WHERE "public"."User"."id" = $1')).toThrow('User')
    expect(planted('SELECT u.id FROM "User" u WHERE u."email" = $1')).toThrow('User')
    expect(planted('SELECT 1 FROM "Session" s JOIN "User" AS u ON u.id = s."userId"')).toThrow('User')
    // The guard of one parent is not that of another.
    const author = 'LEFT JOIN "User" AS "j1" ON "j1"."id" = "t0"."authorId" AND "j1"."deletedAt" IS NULL'
    const byKey = (table: string, key: string) =>
      `SELECT 1 FROM "Post" AS "t0" ${author} JOIN "${table}" AS "t1" ON true JOIN "User" AS "u" ON "u"."id" = "t1"."${key}"
       WHERE "t0"."deletedAt" IS NULL`
    expect(planted(byKey('Favourite', 'userId'))).toThrow('User')
    expect(planted(byKey('Favourite', 'authorId'))).toThrow('User')
    expect(planted('SELECT 1 FROM "Session" s WHERE EXISTS (SELECT 1 FROM "User" u WHERE u.id = s."userId")')).toThrow()
  })

  it('reports nested reads of a client without the extension', async () => {
    const adapter = new PrismaPg({ connectionString: database.url, max: 1 })
    const bare = new PrismaClient({ adapter, log: [{ emit: 'event', level: 'query' }] })
    let current = createStatementRecorder()
    bare.$on('query', (event) => current.onStatement(event.query))
    const inList = { include: { actions: { include: { user: true } } }, relationLoadStrategy: 'join' } as const
    await bare.user.findMany({ where: { deletedAt: null }, ...inList })
    expect(() => current.assertGuarded()).toThrow('User')
    current = createStatementRecorder()
    await bare.session.findMany({ relationLoadStrategy: 'join', include: { user: true } })
    expect(() => current.assertGuarded()).toThrow('User')
    await bare.$disconnect()
  })

  it('accepts reads that name deletedAt, and writes', () => {
    expect(unguardedTables('SELECT * FROM "User" AS u WHERE u."deletedAt" IS NULL')).toEqual([])
    expect(unguardedTables('SELECT * FROM "User" AS u WHERE u."deletedAt" IS NOT NULL')).toEqual([])
    expect(unguardedTables('UPDATE "User" SET "name" = $1 WHERE id = $2')).toEqual([])
  })
})

describe('the schema', () => {
  it('names the column of each to-one relation after it, as the extension expects', async () => {
    const schema = await readFile('prisma/schema.prisma', 'utf8')
    const owned = [...schema.matchAll(/^\s+(\w+)\s+\w+\??\s+@relation\(fields: \[(\w+)\]/gm)]
    expect(owned.length).toBeGreaterThan(0)
    for (const [, relation, column] of owned) expect(column).toBe(`${relation}Id`)
  })
})
