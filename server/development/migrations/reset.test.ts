import { expect, test } from 'vitest'
import { applyMigrations } from '../../core/database/migrations/migrate.js'
import { createMigrationProject, firstMigration } from '../../testing/migration-project.js'
import { resetDatabase } from './reset.js'

test('drops everything in the database, and migrates', async () => {
  const { url, folder, query } = await createMigrationProject()
  await applyMigrations(url, { folder })
  await query('CREATE TABLE stray (id int)')
  expect(await resetDatabase(url, { folder, isProduction: false })).toEqual({ applied: [firstMigration] })
  expect(await query(`SELECT to_regclass('stray')`)).toEqual([{ to_regclass: null }])
})

test('works on a database with an edited migration', async () => {
  const { url, folder, edit } = await createMigrationProject()
  await applyMigrations(url, { folder })
  await edit((sql) => `${sql}-- changed\n`)
  await resetDatabase(url, { folder, isProduction: false })
  expect(await applyMigrations(url, { folder })).toEqual({ applied: [] })
})

test('S7: is rejected in production, also with --force', async () => {
  const { url, folder, query } = await createMigrationProject()
  await applyMigrations(url, { folder })
  await expect(resetDatabase(url, { folder, isProduction: true, isForced: true })).rejects.toThrow('cannot be reset')
  expect(await query(`SELECT to_regclass('"User"') IS NOT NULL AS "hasUsers"`)).toEqual([{ hasUsers: true }])
})

test.each([
  'postgresql://db.example.com/app',
  'postgresql://10.0.0.5/app',
  'postgresql://127.0.0.1.example.com/app',
  'postgresql://127.0.0.1/app?host=db.example.com',
])('S7: rejects a database on another machine: %s', async (url) => {
  await expect(resetDatabase(url, { isProduction: false })).rejects.toThrow('npm run db:reset -- --force')
})
