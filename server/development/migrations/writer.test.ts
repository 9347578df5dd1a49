import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, inject, test } from 'vitest'
import { applyMigrations, migrationStatus } from '../../core/database/migrations/migrate.js'
import { createFakeClock } from '../../testing/fake-clock.js'
import { createMigrationProject } from '../../testing/migration-project.js'
import { diffMigrationsToSchema } from './diff.js'
import { withScratchDatabase } from './scratch.js'
import { findMigrationFaults } from './unsafe.js'
import { writeMigration } from './writer.js'

const clock = createFakeClock(new Date('2100-01-02T03:04:05Z'))

test('the migrations result in schema.prisma', async () => {
  expect(await diffMigrationsToSchema(inject('postgresUrl'))).toBeUndefined()
})

test('writes the SQL of a changed schema; then nothing is left to write', async () => {
  const project = await createMigrationProject({ all: true })
  const options = { ...project, databaseUrl: project.url, clock }
  await project.editSchema(addLabel)
  const written = await writeMigration('add_label', options)
  const file = written.files[0] ?? ''
  expect(path.relative(project.folder, file)).toBe('21000102030405_add_label/migration.sql')
  expect(await readFile(file, 'utf8')).toMatch(/^-- AlterTable\nALTER TABLE "Session" ADD COLUMN +"label" TEXT;\n$/)
  expect(written).toEqual({ files: [file], unsafe: [] })
  await expect(writeMigration('again', options)).rejects.toThrow('There are no changes')
  expect(await readdir(project.folder)).toHaveLength(project.names.length + 1)
})

test('the written migration applies to a database that has the earlier ones', async () => {
  const project = await createMigrationProject({ all: true })
  await applyMigrations(project.url, project)
  await project.editSchema(addLabel)
  await writeMigration('add_label', { ...project, databaseUrl: project.url, clock })
  expect(await applyMigrations(project.url, project)).toEqual({ applied: ['21000102030405_add_label'] })
  expect(await migrationStatus(project.url, project)).toEqual({ pending: [] })
})

test('does not change the database itself', async () => {
  const project = await createMigrationProject()
  await diffMigrationsToSchema(project.url, project)
  expect(await project.query(`SELECT to_regclass('_prisma_migrations')`)).toEqual([{ to_regclass: null }])
})

test('drops the scratch database if the work fails', async () => {
  const { url, query } = await createMigrationProject()
  let scratch = ''
  const failing = withScratchDatabase(url, async (scratchUrl) => {
    scratch = new URL(scratchUrl).pathname.slice(1)
    throw new Error('planned')
  })
  await expect(failing).rejects.toThrow('planned')
  expect(await query(`SELECT 1 FROM pg_database WHERE datname = '${scratch}'`)).toEqual([])
})

test('tells a user without the right to create databases what to do', async () => {
  const { url, query } = await createMigrationProject()
  const role = new URL(url).pathname.slice(1)
  await query(`CREATE ROLE ${role} LOGIN PASSWORD 'test'`)
  const limited = Object.assign(new URL(url), { username: role, password: 'test' })
  await expect(diffMigrationsToSchema(limited.href)).rejects.toThrow('use a database user with CREATEDB')
  await query(`DROP ROLE ${role}`)
})

test('names what is unsafe on a database in use before each statement, and has a place for the reason', async () => {
  const project = await createMigrationProject({ all: true })
  await project.editSchema(dropThings)
  const { files, unsafe } = await writeMigration('drop_things', { ...project, databaseUrl: project.url, clock })
  const sql = await readFile(files[0] ?? '', 'utf8')
  const named = [...sql.matchAll(/^-- unsafe: ([\w-]+):$/gm)].map(([, rule]) => rule)
  expect(new Set(named)).toEqual(
    new Set([
      'adding-required-field',
      'ban-drop-column',
      'ban-drop-table',
      'changing-column-type',
      'dropping-more',
      'renaming-type',
    ]),
  )
  expect(unsafe).toHaveLength(named.length)
  expect(await findMigrationFaults(project.folder)).toHaveLength(named.length)
})

test('a migration with a reason passes the checks and is applied', async () => {
  const project = await createMigrationProject({ all: true })
  const because = 'Nothing is in use here yet.'
  await project.editSchema(dropThings)
  await writeMigration('drop_things', { ...project, databaseUrl: project.url, clock, because })
  expect(await findMigrationFaults(project.folder)).toEqual([])
  expect((await applyMigrations(project.url, project)).applied).toContain('21000102030405_drop_things')
})

test('gives each index of an existing table a migration of its own, which builds it while the table is in use', async () => {
  const project = await createMigrationProject({ all: true })
  await project.editSchema((schema) =>
    addLabel(schema).replace('model Session {', 'model Session {\n  @@index([label])\n  @@unique([label, id])'),
  )
  const written = await writeMigration('find_labels', { ...project, databaseUrl: project.url, clock })
  expect(written.unsafe).toEqual([])
  const [column = '', ...indexes] = await Promise.all(written.files.map((file) => readFile(file, 'utf8')))
  expect(column).toMatch(/^-- AlterTable\nALTER TABLE "Session" ADD COLUMN +"label" TEXT;\n$/)
  expect(indexes.toSorted()).toEqual([
    '-- CreateIndex\nCREATE INDEX CONCURRENTLY "Session_label_idx" ON "Session"("label");\n',
    '-- CreateIndex\nCREATE UNIQUE INDEX CONCURRENTLY "Session_label_id_key" ON "Session"("label", "id");\n',
  ])
  expect(await findMigrationFaults(project.folder)).toEqual([])
  await applyMigrations(project.url, project)
  expect(await diffMigrationsToSchema(project.url, project)).toBeUndefined()
})

test.each(['', 'Add', 'add-post', 'add post', '../up', '1st', 'a__b', 'a'.repeat(101)])(
  'rejects the name "%s"',
  async (name) => {
    const options = { databaseUrl: 'postgresql://127.0.0.1:1/none', clock }
    await expect(writeMigration(name, options)).rejects.toThrow('is not a valid name for a migration')
  },
)

test('of two that write the same migration at the same time, one succeeds and one fails', async () => {
  const project = await createMigrationProject({ all: true })
  await project.editSchema(addLabel)
  const options = { ...project, databaseUrl: project.url, clock }
  const results = await Promise.allSettled([writeMigration('same', options), writeMigration('same', options)])
  const refusals = results.filter((result) => result.status === 'rejected')
  expect(refusals.length).toBeLessThanOrEqual(1)
  expect(new Set(await readdir(project.folder)).size).toBe(project.names.length + 2 - refusals.length)
})

test('names a migration after the last one even if the clock is behind', async () => {
  const project = await createMigrationProject({ all: true })
  await project.editSchema(addLabel)
  const behind = createFakeClock(new Date('2020-01-01T00:00:00Z'))
  const { files } = await writeMigration('later', { ...project, databaseUrl: project.url, clock: behind })
  const file = files[0] ?? ''
  expect(path.relative(project.folder, file)).toMatch(/^\d{14}_later.migration\.sql$/)
  expect((await readdir(project.folder)).toSorted()).toEqual([...project.names, path.basename(path.dirname(file))])
})

function dropThings(schema: string): string {
  return schema
    .replace(/ {2}userAgent +String\n/, '  device String\n')
    .replace(/\nmodel RateLimit \{[^}]*\}/, '')
    .replace('  invitation\n', '')
}

function addLabel(schema: string): string {
  return schema.replace('model Session {', 'model Session {\n  label String?')
}
