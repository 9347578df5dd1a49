import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { createMigrationProject } from '../../testing/migration-project.js'
import { findMigrationFaults, findScriptFaults, findUnsafe } from './unsafe.js'
import { nameUnsafe } from './unsafe-scripts.js'

const newTable = 'CREATE TABLE "New" ("id" uuid PRIMARY KEY, "userId" uuid NOT NULL);'

test('the migrations of this repository are accepted', async () => {
  expect(await findMigrationFaults()).toEqual([])
})

const planted: [rule: string, sql: string][] = [
  ['renaming-table', 'ALTER TABLE "User" RENAME TO "Person";'],
  ['renaming-column', 'ALTER TABLE "User" RENAME COLUMN "name" TO "title";'],
  ['ban-drop-table', 'DROP TABLE "Session";'],
  ['ban-drop-column', 'ALTER TABLE "User" ADD COLUMN "a" text, DROP COLUMN "name";'],
  ['adding-required-field', 'ALTER TABLE "User" ADD COLUMN "mood" text NOT NULL;'],
  ['adding-not-nullable-field', 'ALTER TABLE "User" ALTER COLUMN "disabledAt" SET NOT NULL;'],
  ['adding-field-with-default', 'ALTER TABLE "User" ADD COLUMN "token" uuid DEFAULT gen_random_uuid();'],
  ['adding-field-with-default', 'ALTER TABLE "User" ADD COLUMN "l" int GENERATED ALWAYS AS (length("name")) STORED;'],
  ['ban-drop-not-null', 'ALTER TABLE "User" ALTER COLUMN "name" DROP NOT NULL;'],
  ['require-concurrent-index-creation', 'CREATE INDEX "i" ON "User"("name");'],
  ['require-concurrent-index-creation', `${newTable}\nCREATE UNIQUE INDEX "i" ON "User"("name");`],
  ['concurrently-in-a-transaction', `${newTable}\nCREATE INDEX CONCURRENTLY "i" ON "User"("name");`],
  ['changing-column-type', 'ALTER TABLE "User" ALTER COLUMN "version" TYPE bigint;'],
  ['constraint-missing-not-valid', 'ALTER TABLE "User" ADD CONSTRAINT "c" CHECK ("version" > 0);'],
  ['adding-foreign-key-constraint', 'ALTER TABLE "User" ADD COLUMN "s" uuid REFERENCES "Session"("id");'],
  ['disallowed-unique-constraint', 'ALTER TABLE "User" ADD CONSTRAINT "u" UNIQUE ("name");'],
  [
    'validating-in-the-same-transaction',
    'ALTER TABLE "User" ADD CONSTRAINT "c" CHECK ("version" > 0) NOT VALID;\nALTER TABLE "User" VALIDATE CONSTRAINT "c";',
  ],
  ['renaming-enum-value', `ALTER TYPE "Role" RENAME VALUE 'user' TO 'member';`],
  ['renaming-type', 'ALTER TYPE "Role" RENAME TO "Role_old";'],
  ['dropping-more', 'DROP TYPE "Role";'],
  ['moving-to-another-schema', 'ALTER TABLE "User" SET SCHEMA "archive";'],
  ['truncating', 'TRUNCATE "Session";'],
  ['locking-a-table', 'LOCK TABLE "User";'],
  ['rewriting-a-table', 'ALTER TABLE "User" SET UNLOGGED;'],
  ['changing-every-row', `UPDATE "User" SET "name" = 'no WHERE';`],
  ['unjudged-code', 'DO $$ BEGIN ALTER TABLE "User" RENAME TO "x"; END $$;'],
]

test.each(planted)('refuses %s by its name, unless the file says why: %s', async (rule, sql) => {
  expect(await findScriptFaults(sql)).toContainEqual(expect.stringMatching(new RegExp(`^\\d+ ${rule}: `)))
  const { text } = await nameUnsafe(sql, 'It was measured.')
  expect(await findScriptFaults(text)).toEqual([])
})

test.each([
  `${newTable}\nCREATE INDEX "i" ON "New"("userId");
   ALTER TABLE "New" ADD CONSTRAINT "f" FOREIGN KEY ("userId") REFERENCES "User"("id") ON DELETE CASCADE;`,
  'ALTER TABLE "User" ADD COLUMN "mood" text;',
  'ALTER TABLE "User" ADD COLUMN "mood" integer NOT NULL DEFAULT 0;',
  '-- CreateIndex\nCREATE INDEX CONCURRENTLY "i" ON "User"("name");',
  'ALTER TABLE "User" ADD CONSTRAINT "c" CHECK ("version" > 0) NOT VALID;',
  'ALTER TABLE "User" VALIDATE CONSTRAINT "c";',
  `ALTER TYPE "Role" ADD VALUE 'auditor';`,
  `UPDATE "User" SET "name" = 'a; TRUNCATE b' WHERE "id" IS NULL;`,
  `COMMENT ON TABLE "User" IS 'DROP TABLE "User"; -- unsafe: none';`,
  '-- DROP TABLE "User";\n/* LOCK "User"; */',
  '',
])('accepts %s', async (sql) => {
  expect(await findUnsafe(sql)).toEqual([])
})

test.each([
  ['no reason', '-- unsafe: truncating:\nTRUNCATE "Session";'],
  ['a reason of a word', '-- unsafe: truncating: fine\nTRUNCATE "Session";'],
  ['the reason of another statement', 'TRUNCATE "Session"; -- unsafe: truncating: Nobody has a session.\nSELECT 1;'],
  ['the reason of another rule', '-- unsafe: ban-drop-table: Nobody has a session.\nTRUNCATE "Session";'],
  ['a reason in a text', `-- it's\nSELECT '\n-- unsafe: truncating: Nobody has a session.\n'; TRUNCATE "Session";`],
  ['a comment that Squawk obeys', '-- squawk-ignore ban-drop-table\nDROP TABLE "Session";'],
  [
    'the reason of a statement on the same line',
    '-- unsafe: truncating: Nobody has a session.\nTRUNCATE "A"; TRUNCATE "B";',
  ],
  ['SQL that cannot be read', 'ALTER TABEL "Session";'],
])('refuses a migration with %s', async (_name, sql) => {
  expect(await findScriptFaults(sql)).not.toEqual([])
})

test('the guide names each rule that a planted migration breaks', async () => {
  const guide = await readFile('docs/guides/change-the-schema.md', 'utf8')
  const missing = planted.map(([rule]) => rule).filter((rule) => !guide.includes(`\`${rule}\``))
  expect(missing).toEqual([])
})

test('names the file and the line of the statement, below its comments', async () => {
  const { folder, write } = await createMigrationProject()
  await write('21000101000000_planted', 'SELECT 1;\n\n-- Sessions end.\n/* All\nof them. */\nTRUNCATE\n  "Session";\n')
  expect(await findMigrationFaults(folder)).toEqual([
    expect.stringMatching(/^prisma\/migrations\/21000101000000_planted\/migration.sql:6 truncating: /),
  ])
})
