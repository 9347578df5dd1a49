import { describe, expect, it } from 'vitest'
import { readModels } from './prisma-schema.js'
import { isUntimed, unindexedColumns } from './schema-rules.js'
import { createStatementRecorder } from './statement-recorder.js'

const models = readModels(`
model User {
  id        String    @id
  email     String
  name      String
  deletedAt DateTime?
  @@unique([email], where: raw("\\"deletedAt\\" IS NULL"))
  @@index([name(ops: raw("gin_trgm_ops"))], type: Gin)
}
model Note {
  id        String    @id
  ownerId   String
  status    String
  title     String
  pinnedAt  DateTime?
  updatedAt DateTime
  @@index([ownerId, updatedAt, id])
  @@index([status])
}
`)

const faultsOf = (sql: string) => unindexedColumns(sql, models)
const note = '"public"."Note"'

describe('columns without an index are found', () => {
  it.each([
    [`SELECT ${note}."id" FROM ${note} WHERE ${note}."title" = $1`, ['Note.title']],
    [`SELECT "t0"."id" FROM ${note} AS "t0" WHERE ("t0"."ownerId" = $1 AND "t0"."title" = $2)`, ['Note.title']],
    [`SELECT "t0"."id" FROM ${note} AS "t0" WHERE ("t0"."ownerId" = $1) ORDER BY "t0"."title" ASC`, ['Note.title']],
    // The second column of an index serves only if the first one is compared with "=".
    [`SELECT n.id FROM "Note" n WHERE n."updatedAt" < $1`, ['Note.updatedAt']],
    [`SELECT n.id FROM "Note" n WHERE n."ownerId" > $1 AND n."updatedAt" < $2`, ['Note.updatedAt']],
    [`SELECT n.id FROM "Note" n WHERE n.status = $1 ORDER BY n."updatedAt"`, ['Note.updatedAt']],
    [`UPDATE "Note" SET "title" = $1 WHERE title = 'old' AND "ownerId" IN ($2, $3)`, ['Note.title']],
    [
      `DELETE FROM ${note} WHERE ${note}."id" IN (SELECT ${note}."id" FROM ${note} WHERE "pinnedAt" IS NULL LIMIT $1)`,
      ['Note.pinnedAt'],
    ],
    [
      `SELECT 1 FROM "User" u WHERE u.id = $1 AND EXISTS (SELECT 1 FROM "Note" n WHERE n."pinnedAt" IS NOT NULL)`,
      ['Note.pinnedAt'],
    ],
    [
      `SELECT "t2"."id" FROM (SELECT "t1".* FROM ${note} AS "t1" WHERE "t1"."status" = $1) AS "t2" ORDER BY "t2"."title"`,
      ['Note.title'],
    ],
    [
      `SELECT 1 FROM "User" AS "t0" LEFT JOIN "Note" AS "j0" ON ("j0"."title") = ("t0"."id") WHERE "t0"."id" = $1`,
      ['Note.title'],
    ],
    [`SELECT id FROM "Note" WHERE status = $1 UNION ALL SELECT id FROM "Note" WHERE title = $1`, ['Note.title']],
    [`SELECT n.id FROM "Note" n WHERE n."ownerId" = $1 AND n.title IS DISTINCT FROM $2`, ['Note.title']],
    // The index on addresses contains only users who are not deleted, and one for parts of words cannot be used for
    // sorting.
    [`SELECT u.id FROM "User" u WHERE u."email" = $1`, ['User.email']],
    [`SELECT u.id FROM "User" u WHERE u."name" ILIKE $1 ORDER BY u."name"`, ['User.name']],
  ])('%s', (sql, faults) => {
    expect(faultsOf(sql)).toEqual(faults)
  })
})

describe('columns that an index serves are accepted', () => {
  it.each([
    `SELECT "t0"."title" FROM ${note} AS "t0" WHERE ("t0"."ownerId" = $1 AND "t0"."updatedAt" < $2) ORDER BY "t0"."updatedAt" DESC, "t0"."id" DESC`,
    `SELECT n.title FROM "Note" n WHERE n."ownerId" = $1 AND (n."updatedAt", n."id") < ($2, $3)`,
    `SELECT n.title FROM "Note" n WHERE n."id" = $1 AND n.title = 'one row at most' FOR NO KEY UPDATE`,
    `UPDATE ${note} SET "title" = $1, "pinnedAt" = $2 WHERE (${note}."id" = $3 AND ${note}."title" = $4) RETURNING "title"`,
    `INSERT INTO "Note" ("id", "title") VALUES ($1, 'WHERE title = 1') ON CONFLICT ("id") DO UPDATE SET "title" = $2 /* WHERE title */`,
    `SELECT u.id FROM "User" u WHERE u."email" = $1 AND u."deletedAt" IS NULL`,
    `SELECT u.id FROM "User" u WHERE u."name" ILIKE $1`,
    `SELECT COALESCE((SELECT n.title FROM "Note" n WHERE n.status = $1 LIMIT 1), '') FROM "User" u WHERE u."id" = $2`,
  ])('%s', (sql) => {
    expect(faultsOf(sql)).toEqual([])
  })
})

describe('updates that do not set updatedAt are found', () => {
  it('those that set it, or that change another table, are accepted', () => {
    expect(isUntimed('UPDATE "Note" SET "title" = $1 WHERE "updatedAt" < $2', models)).toBe(true)
    expect(isUntimed('UPDATE "public"."Note" SET "title" = $1, "updatedAt" = $2 WHERE "id" = $3', models)).toBe(false)
    expect(isUntimed('UPDATE "_prisma_migrations" SET "logs" = $1', models)).toBe(false)
  })
})

describe('the recorder of an app', () => {
  const record = (sql: string) => {
    const recorder = createStatementRecorder()
    recorder.onStatement(sql)
    return recorder
  }

  it('fails the file on a column without an index, and on an update that does not set updatedAt', () => {
    const recorder = record(`UPDATE "OutboxMail" SET "attempts" = 1 WHERE "lastError" = $1`)
    expect(() => recorder.assertIndexed()).toThrow(/OutboxMail\.lastError: UPDATE/)
    expect(() => recorder.assertTimed()).toThrow(/updatedAt: UPDATE/)
  })

  it('accepts the columns that have a reason', () => {
    expect(() => record(`SELECT 1 FROM "MailToken" WHERE "userId" = $1 AND "kind" = $2`).assertIndexed()).not.toThrow()
  })
})
