import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, inject, test } from 'vitest'
import { applyMigrations, migrationStatus } from '../../core/database/migrations/migrate.js'
import { createFakeClock } from '../../testing/fake-clock.js'
import { createMigrationProject } from '../../testing/migration-project.js'
import { diffMigrationsToSchema } from './diff.js'
import { withScratchDatabase } from './scratch.js'
import { writeMigration } from './writer.js'

const clock = createFakeClock(new Date('2100-01-02T03:04:05Z'))

test('the migrations result in schema.prisma', async () => {
  expect(await diffMigrationsToSchema(inject('postgresUrl'))).toBeUndefined()
})

test('writes the SQL of a changed schema; then nothing is left to write', async () => {
  const project = await createMigrationProject({ all: true })
  const options = { ...project, databaseUrl: project.url, clock }
  await project.editSchema(addLabel)
  const { file, losses } = await writeMigration('add_label', options)
  expect(path.relative(project.folder, file)).toBe('21000102030405_add_label/migration.sql')
  expect(await readFile(file, 'utf8')).toMatch(/^-- AlterTable\nALTER TABLE "Session" ADD COLUMN +"label" TEXT;\n$/)
  expect(losses).toEqual([])
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

test('warns at the top of the file of each change that deletes data or may fail on it', async () => {
  const project = await createMigrationProject({ all: true })
  await project.editSchema((schema) =>
    schema
      .replace(/ {2}userAgent +String\n/, '  device String\n')
      .replace(/\nmodel RateLimit \{[^}]*\}/, '')
      .replace('  dead\n}', '}'),
  )
  const { file, losses } = await writeMigration('drop_things', { ...project, databaseUrl: project.url, clock })
  expect(losses.toSorted()).toEqual([
    'adds the required column "device" to "Session"; it fails if the table has rows',
    'drops the column "userAgent" of "Session" with its values',
    'drops the table "RateLimit" with its rows',
    'removes values of the enum "MailStatus"; it fails if rows use them',
  ])
  const sql = await readFile(file, 'utf8')
  expect(sql).toMatch(/^-- WARNING/)
  for (const loss of losses) expect(sql).toContain(`--   ${loss}\n`)
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
  const { file } = await writeMigration('later', { ...project, databaseUrl: project.url, clock: behind })
  expect(path.relative(project.folder, file)).toMatch(/^\d{14}_later.migration\.sql$/)
  expect((await readdir(project.folder)).toSorted()).toEqual([...project.names, path.basename(path.dirname(file))])
})

function addLabel(schema: string): string {
  return schema.replace('model Session {', 'model Session {\n  label String?')
}
