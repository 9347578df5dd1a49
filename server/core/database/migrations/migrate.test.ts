import { expect, test } from 'vitest'
import { withSchemaEngine } from '../../../development/migrations/schema-engine.js'
import { createMigrationProject, firstMigration } from '../../../testing/migration-project.js'
import { openConnection, withConnection } from '../connection.js'
import { readMigrations } from './folder.js'
import { withMigrationLock } from './lock.js'
import { applyMigrations, MigrationError, migrationStatus, resolveMigration } from './migrate.js'

const second = '20270101000000_second'

test('ten instances that start at once apply the migrations once', async () => {
  const { url, folder, query } = await createMigrationProject()
  const results = await Promise.all(Array.from({ length: 10 }, () => applyMigrations(url, { folder })))
  expect(results.flatMap(({ applied }) => applied)).toEqual([firstMigration])
  expect(await query('SELECT migration_name FROM _prisma_migrations')).toEqual([{ migration_name: firstMigration }])
})

test("Prisma's own check reports no problem with the history", async () => {
  const { url, folder } = await createMigrationProject()
  await applyMigrations(url, { folder })
  const migrationsList = {
    baseDir: 'prisma/migrations',
    lockfile: { path: 'migration_lock.toml', content: 'provider = "postgresql"' },
    shadowDbInitScript: '',
    migrationDirectories: (await readMigrations(folder)).map(({ name, sql }) => ({
      path: name,
      migrationFile: { path: 'migration.sql', content: { tag: 'ok' as const, value: sql } },
    })),
  }
  const filters = { externalTables: [], externalEnums: [] }
  const diagnosis = await withSchemaEngine(url, (engine) =>
    engine.diagnoseMigrationHistory({ migrationsList, optInToShadowDatabase: false, filters }),
  )
  expect(diagnosis).toEqual({
    editedMigrationNames: [],
    failedMigrationNames: [],
    hasMigrationsTable: true,
    history: null,
  })
})

test('applies only pending migrations, and nothing the second time', async () => {
  const { url, folder, write } = await createMigrationProject()
  await applyMigrations(url, { folder })
  await write(second, 'CREATE TABLE second (id int);')
  expect(await migrationStatus(url, { folder })).toEqual({ pending: [second] })
  expect(await applyMigrations(url, { folder })).toEqual({ applied: [second] })
  expect(await applyMigrations(url, { folder })).toEqual({ applied: [] })
  expect(await migrationStatus(url, { folder })).toEqual({ pending: [] })
})

test('applies a function whose body has semicolons', async () => {
  const { url, folder, write, query } = await createMigrationProject()
  await write(
    second,
    `CREATE FUNCTION answer() RETURNS int LANGUAGE plpgsql AS $$ BEGIN PERFORM 1; RETURN 42; END; $$;
     COMMENT ON FUNCTION answer() IS 'one; two';`,
  )
  await applyMigrations(url, { folder })
  expect(await query('SELECT answer()')).toEqual([{ answer: 42 }])
})

test('stops at an edited migration and names the command that solves it', async () => {
  const { url, folder, edit } = await createMigrationProject()
  await applyMigrations(url, { folder })
  await edit((sql) => `${sql}-- changed\n`)
  const error = await failureOf(applyMigrations(url, { folder }))
  expect(error.fault).toContain(`${firstMigration} was edited`)
  expect(error.remedy).toContain(`git checkout -- prisma/migrations/${firstMigration}`)
  expect(error.remedy).toContain('npm run migrate:new -- NAME')
  expect(await migrationStatus(url, { folder })).toMatchObject({
    pending: [],
    fault: error.fault,
    remedy: error.remedy,
  })
})

test('treats a migration as unchanged if only its line ends differ', async () => {
  const { url, folder, edit } = await createMigrationProject()
  await applyMigrations(url, { folder })
  await edit((sql) => sql.replaceAll('\n', '\r\n'))
  expect(await applyMigrations(url, { folder })).toEqual({ applied: [] })
})

test('stops at a failing migration, reverts it, and names the reason, the line and the command that solves it', async () => {
  const { url, folder, write, query } = await createMigrationProject()
  await write(second, 'CREATE TABLE second (id int);\nSELECT nonsense;')
  const error = await failureOf(applyMigrations(url, { folder }))
  expect(error.fault).toContain(`${second} failed`)
  expect(error.fault).toContain('column "nonsense" does not exist (line 2)')
  expect(error.remedy).toContain(`npm run migrate -- --resolve ${second} rolled-back`)
  expect(await query(`SELECT to_regclass('second')`)).toEqual([{ to_regclass: null }])
  expect((await failureOf(applyMigrations(url, { folder }))).remedy).toBe(error.remedy)
})

test('continues after a failed migration was corrected and resolved as rolled back', async () => {
  const { url, folder, write } = await createMigrationProject()
  await write(second, 'SELECT nonsense;')
  await failureOf(applyMigrations(url, { folder }))
  await write(second, 'CREATE TABLE second (id int);')
  await resolveMigration(url, second, 'rolled-back', { folder })
  expect(await applyMigrations(url, { folder })).toEqual({ applied: [second] })
})

test('continues after a failed migration was completed manually and resolved as applied', async () => {
  const { url, folder, write } = await createMigrationProject()
  await write(second, 'SELECT nonsense;')
  await failureOf(applyMigrations(url, { folder }))
  await resolveMigration(url, second, 'applied', { folder })
  expect(await applyMigrations(url, { folder })).toEqual({ applied: [] })
  expect(await migrationStatus(url, { folder })).toEqual({ pending: [] })
})

test('rejects resolving an unknown migration', async () => {
  const { url, folder } = await createMigrationProject()
  await applyMigrations(url, { folder })
  const error = await failureOf(resolveMigration(url, second, 'rolled-back', { folder }))
  expect(error.remedy).toContain('npm run doctor')
})

test('stops at a database that has tables but no history, until it is resolved', async () => {
  const { url, folder, query } = await createMigrationProject()
  const [init] = await readMigrations(folder)
  await query(init?.sql ?? '')
  const error = await failureOf(applyMigrations(url, { folder }))
  expect(error.remedy).toContain(`npm run migrate -- --resolve ${firstMigration} applied`)
  await resolveMigration(url, firstMigration, 'applied', { folder })
  expect(await applyMigrations(url, { folder })).toEqual({ applied: [] })
})

test('starts, with a warning, on a database that a newer release migrated', async () => {
  const { url, folder, query } = await createMigrationProject()
  const warnings: string[] = []
  await applyMigrations(url, { folder })
  await query(
    `INSERT INTO _prisma_migrations (id, checksum, finished_at, migration_name) VALUES ('1', '', now(), '${second}')`,
  )
  const log = { info: () => {}, warn: (message: string) => warnings.push(message) }
  expect(await applyMigrations(url, { folder, log })).toEqual({ applied: [] })
  expect(warnings.join()).toContain(second)
})

test('waits for the instance that migrates, reports it, and continues after that instance crashes', async () => {
  const { url, folder } = await createMigrationProject()
  const lines: string[] = []
  const log = { info: (message: string) => lines.push(message), warn: () => {} }
  const { holder, crash } = await holdMigrationLock(url)
  const waiting = applyMigrations(url, { folder, log })
  await expect.poll(() => lines).toEqual(['Another instance is applying migrations. Waiting for it to finish.'])
  await crash()
  expect(await waiting).toEqual({ applied: [firstMigration] })
  await expect(holder).rejects.toThrow(/terminat/)
})

test('reports a running migration as pending, not as failed', async () => {
  const { url, folder, write, query } = await createMigrationProject()
  await applyMigrations(url, { folder })
  await write(second, 'SELECT pg_sleep(1);')
  const applying = applyMigrations(url, { folder })
  await expect.poll(() => query('SELECT 1 FROM _prisma_migrations WHERE finished_at IS NULL')).toHaveLength(1)
  expect(await migrationStatus(url, { folder })).toEqual({ pending: [second] })
  expect(await applyMigrations(url, { folder })).toEqual({ applied: [] })
  expect(await applying).toEqual({ applied: [second] })
})

test('the database rejects an address in capitals, and a mail token without an owner', async () => {
  const { url, folder, query } = await createMigrationProject()
  await applyMigrations(url, { folder })
  const user = `INSERT INTO "User" (id, email, name, "updatedAt") VALUES (gen_random_uuid(), 'Ada@example.com', 'Ada', now())`
  await expect(query(user)).rejects.toThrow('User_email_lower_check')
  const token = `INSERT INTO "MailToken" (id, kind, "tokenHash", "expiresAt", "updatedAt")
    VALUES (gen_random_uuid(), 'reset', '\\x00', now(), now())`
  await expect(query(token)).rejects.toThrow('MailToken_owner_check')
})

async function failureOf(promise: Promise<unknown>): Promise<MigrationError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (error instanceof MigrationError) return error
  throw new Error('A MigrationError was expected.', { cause: error })
}

async function holdMigrationLock(url: string) {
  const client = await openConnection(url)
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
  const crash = () => terminate(url, rows[0]?.pid)
  return new Promise<{ holder: Promise<unknown>; crash: () => Promise<void> }>((tellHeld) => {
    const holder = withMigrationLock(client, undefined, async () => {
      tellHeld({ holder, crash })
      await client.query('SELECT pg_sleep(60)')
    })
    holder.catch(() => {})
  })
}

async function terminate(url: string, pid: number | undefined): Promise<void> {
  await withConnection(url, (client) => client.query('SELECT pg_terminate_backend($1)', [pid]))
}

test('an instance waits, and reports it, while another holds the lock on migrations; then it applies the remaining ones', async () => {
  const { url, folder } = await createMigrationProject()
  const holder = await openConnection(url)
  const messages: string[] = []
  const note = (message: string) => void messages.push(message)
  const order: string[] = []
  const { waiting } = await withMigrationLock(holder, undefined, async () => {
    const work = applyMigrations(url, { folder, log: { info: note, warn: note } }).then((result) => {
      order.push('applied')
      return result
    })
    await expect.poll(() => messages).toContain('Another instance is applying migrations. Waiting for it to finish.')
    order.push('released')
    return { waiting: work }
  })
  expect((await waiting).applied).toEqual([firstMigration])
  expect(order).toEqual(['released', 'applied'])
  await holder.end()
})

test('instances that start together build an index while the table is in use', async () => {
  const project = await createMigrationProject()
  await applyMigrations(project.url, project)
  await project.write('20270101000000_index', 'CREATE INDEX CONCURRENTLY "User_mood_idx" ON "User"("name");')
  const holder = await openConnection(project.url)
  await holder.query('BEGIN ISOLATION LEVEL REPEATABLE READ')
  await holder.query('SELECT FROM "User"')
  const results = Promise.all([1, 2, 3].map(() => applyMigrations(project.url, project)))
  await expect.poll(() => project.query(building)).toEqual([{ count: '1' }])
  await holder.end()
  expect((await results).flatMap(({ applied }) => applied)).toEqual(['20270101000000_index'])
  expect(
    await project.query('SELECT indisvalid FROM pg_index WHERE indexrelid = \'"User_mood_idx"\'::regclass'),
  ).toEqual([{ indisvalid: true }])
})

const building = `
  SELECT count(*) FROM pg_stat_activity
  WHERE datname = current_database() AND query LIKE 'CREATE INDEX CONCURRENTLY%' AND wait_event_type = 'Lock'`
