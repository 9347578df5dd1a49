import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { createMigrationProject, firstMigration } from '../../../testing/migration-project.js'
import { openConnection } from '../connection.js'
import { isOneTransaction } from './lock-waits.js'
import { applyMigrations, MigrationError, migrationStatus } from './migrate.js'

const second = '20270101000000_second'
const addColumn = 'ALTER TABLE "User" ADD COLUMN "mood" text;'

/** A database whose second migration needs a lock that an open reader of `User` holds. */
async function createBlockedProject() {
  const project = await createMigrationProject()
  await applyMigrations(project.url, project)
  await project.write(second, addColumn)
  const reader = await openConnection(project.url)
  onTestFinished(() => reader.end())
  await reader.query('BEGIN')
  const { rows } = await reader.query<{ pid: number }>('SELECT pg_backend_pid() AS pid, count(*) FROM "User"')
  return { ...project, pid: rows[0]?.pid, release: () => reader.query('COMMIT') }
}

test('a migration that waits for a lock lets requests pass, says who holds it, and is applied afterwards', async () => {
  const { url, folder, query, pid, release } = await createBlockedProject()
  const lines: string[] = []
  const log = { info: (line: string) => void lines.push(line), warn: () => {} }
  const applying = applyMigrations(url, { folder, log })
  const client = await openConnection(url)
  onTestFinished(() => client.end())
  // As long as a request waits at most.
  await client.query('SET statement_timeout = 4500')
  for (let reads = 0; lines.length < 2; reads += 1) {
    await client.query('SELECT FROM "User"')
    await sleep(20)
  }
  await release()
  expect(await applying).toEqual({ applied: [second] })
  expect(lines[0]).toContain(`waits for a lock on "User", which session ${pid} (`)
  expect(lines[0]).toContain('it is idle in transaction.')
  expect(lines[0]).toContain(`SELECT pg_terminate_backend(${pid});`)
  expect(lines.map((line) => /Trying again in \d+ s/.exec(line)?.[0])).toEqual([
    'Trying again in 1 s',
    'Trying again in 2 s',
    ...(lines.length > 2 ? ['Trying again in 4 s'] : []),
  ])
  const runs = await query('SELECT migration_name, finished_at IS NOT NULL AS done FROM _prisma_migrations ORDER BY 1')
  expect(runs).toEqual([
    { migration_name: firstMigration, done: true },
    { migration_name: second, done: true },
  ])
})

test('it gives up in the end, has changed nothing, and can be started again', async () => {
  const { url, folder, pid, release } = await createBlockedProject()
  const error = await applyMigrations(url, { folder, patienceMs: 0 }).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(MigrationError)
  expect(error).toMatchObject({
    fault: expect.stringContaining(`session ${pid}`),
    remedy: expect.stringContaining('npm run migrate'),
  })
  expect(await migrationStatus(url, { folder })).toEqual({ pending: [second] })
  await release()
  expect(await applyMigrations(url, { folder, patienceMs: 0 })).toEqual({ applied: [second] })
})

test.each([
  [addColumn, true],
  ['UPDATE "User" SET title = \'commit\';', true],
  ['-- commit\nSELECT 1;', true],
  ['CREATE FUNCTION f() RETURNS trigger AS $$ BEGIN RETURN NEW; END $$ LANGUAGE plpgsql;', true],
  ['CREATE INDEX CONCURRENTLY "i" ON "User" ("title");', false],
  ['SELECT 1; COMMIT; SELECT 2;', false],
  ['BEGIN; SELECT 1; END;', false],
  ['ALTER TABLE "User" ADD COLUMN "commit" text, ADD COLUMN "concurrently" text;', true],
  ["SELECT E'it\\'s; COMMIT;'; SELECT '; COMMIT;', '-- '; SELECT $x$ ; COMMIT; $x$", true],
  ['SELECT 1 -- the end\n; /* ; */ COMMIT', false],
  ["SELECT '-- '; COMMIT; --'", false],
])('is tried again only if it is rolled back as a whole: %s', (script, expected) => {
  expect(isOneTransaction(script)).toBe(expected)
})
