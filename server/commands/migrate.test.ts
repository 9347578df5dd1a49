import { expect, test } from 'vitest'
import { createMigrationProject, firstMigration } from '../testing/migration-project.js'
import { runCommand } from '../testing/run-command.js'

test('npm run migrate applies pending migrations, and lists them', async () => {
  const { url } = await createMigrationProject()
  expect(await run(url, 'migrate')).toMatchObject({
    code: 0,
    output: expect.stringContaining(`Applied ${firstMigration}`),
  })
  expect(await run(url, 'migrate')).toMatchObject({ code: 0, output: expect.stringContaining('No pending migrations') })
})

test('the command that a failed migration names solves the problem', async () => {
  const { url, query } = await createMigrationProject()
  await query('CREATE TYPE "Role" AS ENUM ()')
  const failed = await run(url, 'migrate')
  expect(failed.output).toContain('type "Role" already exists')
  const named = /npm run migrate -- (--resolve \S+ rolled-back)/.exec(failed.output)?.[1] ?? ''
  await query('DROP TYPE "Role"')
  expect(await run(url, 'migrate')).toMatchObject({ code: 1 })
  expect(await run(url, 'migrate', ...named.split(' '))).toMatchObject({ code: 0 })
  expect(await run(url, 'migrate')).toMatchObject({ code: 0 })
})

test('--resolve without an outcome lists the possible ones', async () => {
  const { url } = await createMigrationProject()
  const { code, output } = await run(url, 'migrate', '--resolve', firstMigration)
  expect(code).toBe(1)
  expect(output).toContain(`--resolve ${firstMigration} applied (or rolled-back)`)
})

test('npm run check accepts the migrations', async () => {
  const { url } = await createMigrationProject()
  expect(await run(url, 'check-migrations')).toEqual({ code: 0, output: '' })
})

test('npm run migrate:new writes nothing if nothing changed', async () => {
  const { url } = await createMigrationProject()
  const { code, output } = await run(url, 'migrate-new', 'nothing_new')
  expect(code).toBe(1)
  expect(output).toContain('There are no changes')
})

function run(url: string, ...words: string[]) {
  return runCommand(words, { DATABASE_URL: url })
}
