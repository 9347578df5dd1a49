import { expect, test } from 'vitest'
import { createMigrationProject } from '../testing/migration-project.js'
import { runCommand } from '../testing/run-command.js'

const countUsers = 'SELECT count(*)::int AS users FROM "User"'

test('npm run db:reset drops everything, migrates and seeds; npm run seed then changes nothing', async () => {
  const { url, query } = await createMigrationProject()
  await query('CREATE TABLE stray (id int)')
  expect(await runCommand(['db-reset'], { DATABASE_URL: url })).toMatchObject({ code: 0 })
  expect(await query(`SELECT to_regclass('stray')`)).toEqual([{ to_regclass: null }])
  expect(await query(countUsers)).toEqual([{ users: 22 }])
  expect(await runCommand(['seed'], { DATABASE_URL: url })).toMatchObject({ code: 0 })
  expect(await query(countUsers)).toEqual([{ users: 22 }])
})

test('SEED=false leaves the database empty', async () => {
  const { url, query } = await createMigrationProject()
  expect(await runCommand(['db-reset'], { DATABASE_URL: url, SEED: 'false' })).toMatchObject({ code: 0 })
  expect(await query(countUsers)).toEqual([{ users: 0 }])
})

test.each([[['db-reset']], [['db-reset', '--force']], [['seed']]])('S7: %j fails in production', async (words) => {
  const { url, query } = await createMigrationProject()
  await query('CREATE TABLE stray (id int)')
  const { code, output } = await runCommand(words, { DATABASE_URL: url, NODE_ENV: 'production' })
  expect(code).toBe(1)
  expect(output).toContain('NODE_ENV=development')
  expect(await query(`SELECT to_regclass('stray') IS NOT NULL AS "isThere"`)).toEqual([{ isThere: true }])
})
