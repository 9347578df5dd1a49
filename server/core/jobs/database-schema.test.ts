import { expect, it } from 'vitest'
import { labJobs } from '../../testing/lab-jobs.js'
import { createMigrationProject } from '../../testing/migration-project.js'
import { createTestDatabase, openDatabase } from '../../testing/test-database.js'
import { withConnection } from '../database/connection.js'
import { applyMigrations, migrationStatus } from '../database/migrations/migrate.js'
import { assertJobSchema, isJobSchemaCurrent, migrateJobSchema } from './database-schema.js'
import { enqueueJob, readJobs } from './queue.js'

it('knows the newest migration of the library', async () => {
  const { url, query } = await createMigrationProject()
  await migrateJobSchema(url)
  expect(await withConnection(url, isJobSchemaCurrent)).toBe(true)
  await query('DELETE FROM graphile_worker.migrations WHERE id = (SELECT max(id) FROM graphile_worker.migrations)')
  expect(await withConnection(url, isJobSchemaCurrent)).toBe(false)
  await migrateJobSchema(url)
  expect(await withConnection(url, isJobSchemaCurrent)).toBe(true)
})

it('is created once by several migrations at once', async () => {
  const { url, folder, query } = await createMigrationProject()
  await Promise.all(Array.from({ length: 5 }, () => applyMigrations(url, { folder })))
  expect(await query('SELECT count(*)::int AS count, max(id) AS newest FROM graphile_worker.migrations')).toEqual([
    { count: 19, newest: 19 },
  ])
})

it('is reported as pending and by readiness while it is missing, and created on a database that has all else', async () => {
  const { url, folder, query } = await createMigrationProject()
  await applyMigrations(url, { folder })
  await query('DROP SCHEMA graphile_worker CASCADE')
  expect(await migrationStatus(url, { folder })).toEqual({ pending: ['graphile_worker'] })
  await expect(withConnection(url, assertJobSchema)).rejects.toThrow('npm run migrate')
  expect(await applyMigrations(url, { folder })).toEqual({ applied: [] })
  expect(await migrationStatus(url, { folder })).toEqual({ pending: [] })
})

it('S48: keeps waiting and running jobs when it is updated', async () => {
  const database = await createTestDatabase()
  const { url } = database
  const db = openDatabase(url)
  await db.$transaction((tx) => enqueueJob(tx, labJobs.work, { text: 'kept' }))
  await db.$transaction((tx) => enqueueJob(tx, labJobs.work, { text: 'running' }))
  // The last migration changes nothing, so that this is the schema before it.
  await withConnection(url, async (client) => {
    await client.query('DELETE FROM graphile_worker.migrations WHERE id = 19')
    await client.query(
      `UPDATE graphile_worker._private_jobs SET locked_at = now(), locked_by = 'another release', attempts = 1
       WHERE payload ->> 'text' = 'running'`,
    )
  })
  await applyMigrations(url)
  const jobs = await readJobs(db, { limit: 10 })
  expect(jobs.map(({ status, attempts }) => ({ status, attempts }))).toEqual([
    { status: 'running', attempts: 1 },
    { status: 'waiting', attempts: 0 },
  ])
  await db.$disconnect()
  await database.drop()
})
