import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, inject, test } from 'vitest'
import { createFakeClock } from '../testing/fake-clock.js'
import { createMigrationProject, firstMigration } from '../testing/migration-project.js'
import { applyMigrations, migrationStatus } from './migrate.js'
import { diffMigrationsToSchema } from './migration-diff.js'
import { withScratchDatabase } from './migration-scratch.js'
import { writeMigration } from './migration-writer.js'

const clock = createFakeClock(new Date('2027-01-02T03:04:05Z'))

test("Plinth's migrations make exactly schema.prisma", async () => {
  expect(await diffMigrationsToSchema(inject('postgresUrl'))).toBeUndefined()
})

test('writes the SQL of a changed schema; after that nothing is left to write', async () => {
  const project = await createMigrationProject()
  const options = { ...project, databaseUrl: project.url, clock }
  await project.editSchema((schema) => schema.replace('model Post {', 'model Post {\n  summary String?'))
  const { file, losses } = await writeMigration('add_post_summary', options)
  expect(path.relative(project.folder, file)).toBe('20270102030405_add_post_summary/migration.sql')
  expect(await readFile(file, 'utf8')).toMatch(/^-- AlterTable\nALTER TABLE "Post" ADD COLUMN +"summary" TEXT;\n$/)
  expect(losses).toEqual([])
  await expect(writeMigration('again', options)).rejects.toThrow('Nothing changed')
  expect(await readdir(project.folder)).toHaveLength(2)
})

test('what it writes applies to a database that has the earlier migrations', async () => {
  const project = await createMigrationProject()
  await applyMigrations(project.url, project)
  await project.editSchema((schema) => schema.replace('model Post {', 'model Post {\n  summary String?'))
  await writeMigration('add_post_summary', { ...project, databaseUrl: project.url, clock })
  expect(await applyMigrations(project.url, project)).toEqual({ applied: ['20270102030405_add_post_summary'] })
  expect(await migrationStatus(project.url, project)).toEqual({ pending: [] })
})

test('leaves the database itself alone', async () => {
  const project = await createMigrationProject()
  await diffMigrationsToSchema(project.url, project)
  expect(await project.query(`SELECT to_regclass('_prisma_migrations')`)).toEqual([{ to_regclass: null }])
})

test('drops the scratch database of work that fails', async () => {
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
  await expect(diffMigrationsToSchema(limited.href)).rejects.toThrow('name a user with CREATEDB')
  await query(`DROP ROLE ${role}`)
})

test('warns at the top of the file of each change that takes data or may fail on it', async () => {
  const project = await createMigrationProject()
  await project.editSchema((schema) =>
    schema
      .replace(/ {2}userAgent +String\n/, '  device String\n')
      .replace(/\nmodel RateLimit \{[^}]*\}/, '')
      .replace('  published\n}', '}'),
  )
  const { file, losses } = await writeMigration('drop_things', { ...project, databaseUrl: project.url, clock })
  expect(losses.toSorted()).toEqual([
    'adds the required column "device" to "Session"; it fails where there are rows',
    'drops the column "userAgent" of "Session" with its values',
    'drops the table "RateLimit" with its rows',
    'removes values of the enum "PostStatus"; it fails where rows use them',
  ])
  const sql = await readFile(file, 'utf8')
  expect(sql).toMatch(/^-- WARNING/)
  for (const loss of losses) expect(sql).toContain(`--   ${loss}\n`)
})

test.each(['', 'Add', 'add-post', 'add post', '../up', '1st', 'a__b', 'a'.repeat(101)])(
  'refuses the name "%s"',
  async (name) => {
    const options = { databaseUrl: 'postgresql://127.0.0.1:1/none', clock }
    await expect(writeMigration(name, options)).rejects.toThrow('is no name for a migration')
  },
)

test('gives two who write the same migration at once one file and one refusal', async () => {
  const project = await createMigrationProject()
  await project.editSchema((schema) => schema.replace('model Post {', 'model Post {\n  summary String?'))
  const options = { ...project, databaseUrl: project.url, clock }
  const results = await Promise.allSettled([writeMigration('same', options), writeMigration('same', options)])
  const refusals = results.filter((result) => result.status === 'rejected')
  expect(refusals.length).toBeLessThanOrEqual(1)
  expect(new Set(await readdir(project.folder)).size).toBe(3 - refusals.length)
})

test('names a migration after the last one even where the clock is behind', async () => {
  const project = await createMigrationProject()
  await project.editSchema((schema) => schema.replace('model Post {', 'model Post {\n  summary String?'))
  const behind = createFakeClock(new Date('2020-01-01T00:00:00Z'))
  const { file } = await writeMigration('later', { ...project, databaseUrl: project.url, clock: behind })
  expect(path.relative(project.folder, file)).toBe('20261122000001_later/migration.sql')
  expect((await readdir(project.folder)).toSorted()[0]).toBe(firstMigration)
})
