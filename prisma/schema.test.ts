import { readFile } from 'node:fs/promises'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openConnection } from '../server/core/database/connection.js'
import { findPrismaFile } from '../server/core/database/migrations/folder.js'
import { applyMigrations, MigrationError, resolveMigration } from '../server/core/database/migrations/migrate.js'
import { ConnectionPool } from '../server/core/database/pool.js'
import { createPostgresCounters } from '../server/core/security/rate-limit-postgres.js'
import { Prisma } from '../server/generated/client.js'
import { createMigrationProject } from '../server/testing/migration-project.js'
import { readModels } from '../server/testing/prisma-schema.js'
import { silentLog } from '../server/testing/rate-limit-stores.js'
import { models, schemaFaults, unindexed, unrelated } from '../server/testing/schema-rules.js'
import { createTestDatabase } from '../server/testing/test-database.js'

let database: Awaited<ReturnType<typeof createTestDatabase>>
let client: pg.Client

beforeAll(async () => {
  database = await createTestDatabase()
  client = await openConnection(database.url)
})

afterAll(async () => {
  await client.end()
  await database.drop()
})

describe('schema.prisma', () => {
  it('has times for each model, and a relation, onDelete and an index for each key', () => {
    expect(schemaFaults(models)).toEqual([])
  })

  it('is read whole: every model, column and index', async () => {
    expect(models.map(({ name }) => name).toSorted()).toEqual(Object.values(Prisma.ModelName).toSorted())
    for (const { name, fields } of models) {
      const columns = Object.keys(Prisma[`${name as Prisma.ModelName}ScalarFieldEnum`])
      expect(fields.map((field) => field.name)).toEqual(expect.arrayContaining(columns))
    }
    const read = models.flatMap(({ name, indexes }) => indexes.map(({ columns }) => `${name}(${columns.join()})`))
    expect(read.toSorted()).toEqual((await readIndexes()).toSorted())
  })

  it('has exceptions only for existing columns that are first in no index', () => {
    for (const name of Object.keys(unindexed)) {
      const [model, column] = name.split('.')
      const found = models.find((candidate) => candidate.name === model)
      expect(found?.fields.map((field) => field.name)).toContain(column)
      expect(found?.indexes.map(({ columns }) => columns[0])).not.toContain(column)
    }
  })
})

it('a column may lack a relation only while it exists and has none', () => {
  for (const name of Object.keys(unrelated)) {
    const [model, column = ''] = name.split('.')
    const fields = models.find((candidate) => candidate.name === model)?.fields
    expect(fields?.map((field) => field.name)).toContain(column)
    expect(fields?.filter(({ attributes }) => attributes.includes(`fields: [${column}]`))).toEqual([])
  }
})

async function readIndexes(): Promise<string[]> {
  const { rows } = await client.query<{ index: string }>(`
    SELECT format('%s(%s)', tables.relname, string_agg(attname, ',' ORDER BY attnum)) AS index
    FROM pg_index JOIN pg_class tables ON tables.oid = indrelid JOIN pg_attribute ON attrelid = indexrelid
    WHERE tables.relnamespace = 'public'::regnamespace AND tables.relname <> '_prisma_migrations'
    GROUP BY tables.relname, indexrelid`)
  return rows.map(({ index }) => index)
}

const times = `
  createdAt DateTime @default(now()) @db.Timestamptz(3)
  updatedAt DateTime @updatedAt @db.Timestamptz(3)`
const owner = 'owner   User   @relation(fields: [ownerId], references: [id], onDelete: Cascade)'

describe('the rules for a schema', () => {
  const faultsOf = (body: string) =>
    schemaFaults(readModels(`model User {\n  id String @id\n  notes Note[]${times}\n}\nmodel Note {\n${body}\n}\n`))
  const valid = `  id String @id // not its @unique\n  ownerId String${times}\n  ${owner}\n  @@index([ownerId, createdAt])`

  it('accept a valid model', () => {
    expect(faultsOf(valid)).toEqual([])
    expect(faultsOf(valid.replace('ownerId String', 'ownerId String @unique').replace(/@@index.*/, ''))).toEqual([])
  })

  it.each([
    ['no createdAt', valid.replace(/createdAt Date.*/, ''), 'Note has no createdAt with @default(now())'],
    ['no default', valid.replace('@default(now())', ''), 'Note has no createdAt with @default(now())'],
    ['no @updatedAt', valid.replace('@updatedAt', '@default(now())'), 'Note has no updatedAt with @updatedAt'],
    ['no onDelete', valid.replace(', onDelete: Cascade', ''), 'Note.owner does not say onDelete'],
    [
      'soft-deleted rows that a parent would delete',
      `${valid}\n  deletedAt DateTime?`,
      'Note.owner would delete soft-deleted rows permanently; use onDelete: Restrict',
    ],
    [
      'no relation',
      valid.replace(owner, ''),
      'Note.ownerId is the key of no relation; name one, or a reason in testing/schema-rules.ts',
    ],
    ['no index', valid.replace(/@@index.*/, ''), 'Note has no index on ownerId, the key of owner'],
    ['an index in a comment', valid.replace('@@index', '// @@index'), 'Note has no index on ownerId, the key of owner'],
    [
      'an index that begins with another column',
      valid.replace('[ownerId, createdAt]', '[createdAt, ownerId]'),
      'Note has no index on ownerId, the key of owner',
    ],
    [
      'an index on some rows',
      valid.replace('createdAt])', 'createdAt], where: raw("\\"createdAt\\" IS NULL"))'),
      'Note has no index on ownerId, the key of owner',
    ],
    ['pairs', valid.replace(/owner {3}.*/, 'owners User[]'), 'User.notes needs a model for its pairs'],
  ])('reject %s', (_name, body, fault) => {
    expect(faultsOf(body)).toContain(fault)
  })
})

it('the rows of the rate limiter contain the time of their last change', async () => {
  const pool = new ConnectionPool({ url: database.url, max: 1, log: silentLog })
  const counters = createPostgresCounters(pool)
  const counter = counters.counter({ name: 'test', points: 5, windowSeconds: 60 })
  const read = async () => (await client.query(`SELECT points, "createdAt", "updatedAt" FROM "RateLimit"`)).rows
  await counter.consume('key')
  const [first] = await read()
  await expect.poll(async () => (await client.query('SELECT now() AS now')).rows[0].now > first.updatedAt).toBe(true)
  await counter.consume('key')
  const [second] = await read()
  await counters.close()
  await pool.end()
  expect(second.points).toBe(2)
  expect(second.createdAt).toEqual(first.createdAt)
  expect(second.updatedAt.getTime()).toBeGreaterThan(first.updatedAt.getTime())
})

describe('S48: the migration that relates audit events', () => {
  const name = '20261126234414_relate_audit_events'
  const event = (userId: string) => `
    INSERT INTO "AuditEvent" ("id", "type", "userId", "data", "updatedAt")
    VALUES (gen_random_uuid(), 'user.updated', ${userId}, '{}', now())`

  it('can be repeated after a failure, and validates its keys for existing rows', async () => {
    const project = await createMigrationProject()
    await applyMigrations(project.url, project)
    await project.query(`
      INSERT INTO "User" ("id", "email", "name", "updatedAt") VALUES (gen_random_uuid(), 'a@example.com', 'A', now())`)
    await project.query(event('(SELECT "id" FROM "User")'))
    await project.query(event('gen_random_uuid()'))
    await project.write(name, await readFile(`${findPrismaFile('migrations')}/${name}/migration.sql`, 'utf8'))
    await expect(applyMigrations(project.url, project)).rejects.toThrow(MigrationError)
    await project.query(`DELETE FROM "AuditEvent" WHERE "userId" NOT IN (SELECT "id" FROM "User")`)
    await resolveMigration(project.url, name, 'rolled-back', project)
    expect(await applyMigrations(project.url, project)).toEqual({ applied: [name] })
    const keys = await project.query(
      `SELECT conname, convalidated FROM pg_constraint WHERE conrelid = '"AuditEvent"'::regclass AND contype = 'f' ORDER BY 1`,
    )
    expect(keys).toEqual([
      { conname: 'AuditEvent_actorId_fkey', convalidated: true },
      { conname: 'AuditEvent_userId_fkey', convalidated: true },
    ])
  })
})
