import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { applyMigrations, MigrationError, resolveMigration } from '../../core/database/migrations/migrate.js'
import { createMigrationProject } from '../../testing/migration-project.js'
import { diffMigrationsToSchema } from './diff.js'
import { findMigrationFaults } from './unsafe.js'

const guide = await readFile('docs/guides/change-the-schema.md', 'utf8')
const blocks = [...guide.matchAll(/^```sql\n([^]*?)^```$/gm)].map(([, sql = '']) => sql)

test('the example replaces a column in migrations that the checks accept, and keeps its values', async () => {
  const project = await createMigrationProject({ all: true })
  await applyMigrations(project.url, project)
  await addSession(project.query)
  for (const [index, sql] of blocks.entries()) await project.write(`2100010100000${index}_step`, sql)
  expect(await findMigrationFaults(project.folder)).toEqual([])
  expect((await applyMigrations(project.url, project)).applied).toHaveLength(blocks.length)
  expect(await project.query('SELECT "device" FROM "Session"')).toEqual([{ device: 'a browser' }])
  await project.editSchema((schema) => schema.replace(/^ {2}userAgent( +)String/m, '  device$1String'))
  expect(await diffMigrationsToSchema(project.url, project)).toBeUndefined()
})

test('the schema of each release agrees with its migrations', async () => {
  const project = await createMigrationProject({ all: true })
  const expectNoDifference = async () => expect(await diffMigrationsToSchema(project.url, project)).toBeUndefined()
  const write = (from: number, to: number) =>
    Promise.all(blocks.slice(from, to).map((sql, index) => project.write(`2100010100000${from + index}_step`, sql)))
  await write(0, 2)
  await project.editSchema((schema) => schema.replace(/^( {2}userAgent +String)/m, '  device String?\n$1'))
  await expectNoDifference()
  await write(2, 5)
  await project.editSchema((schema) => schema.replace('  device String?', '  device String'))
  await expectNoDifference()
  await write(5, 6)
  await project.editSchema((schema) => schema.replace(/^ {2}userAgent +String/m, '  userAgent String? @ignore'))
  await expectNoDifference()
})

test('an index that could not be built is built by the commands of the guide', async () => {
  const project = await createMigrationProject()
  await applyMigrations(project.url, project)
  const ids = [await addSession(project.query), await addSession(project.query)]
  const name = '20270101000000_unique_devices'
  await project.write(name, 'CREATE UNIQUE INDEX CONCURRENTLY "Session_device_key" ON "Session"("userAgent");')
  await expect(applyMigrations(project.url, project)).rejects.toThrow(MigrationError)
  await project.query(`DELETE FROM "Session" WHERE "id" = '${ids[0]}'`)
  const commands = /^```sh\n([^]*?)^```$/m.exec(guide)?.[1] ?? ''
  await project.query(/-c '(.*)'/.exec(commands)?.[1] ?? '')
  const [, resolved = '', outcome = ''] = /--resolve (\S+) (\S+)/.exec(commands) ?? []
  expect([resolved, outcome]).toEqual([name, 'rolled-back'])
  await resolveMigration(project.url, resolved, 'rolled-back', project)
  expect(await applyMigrations(project.url, project)).toEqual({ applied: [name] })
})

type Query = Awaited<ReturnType<typeof createMigrationProject>>['query']

async function addSession(query: Query): Promise<string> {
  const rows = await query(
    `WITH person AS (
       INSERT INTO "User" ("id", "email", "name", "updatedAt")
       VALUES (gen_random_uuid(), gen_random_uuid() || '@example.com', 'Name', now()) RETURNING "id")
     INSERT INTO "Session" ("id", "userId", "refreshTokenHash", "lastUsedAt", "expiresAt", "absoluteExpiresAt", "ip",
       "userAgent", "updatedAt")
     SELECT gen_random_uuid(), "id", decode(md5("id"::text), 'hex'), now(), now(), now(), '::1', 'a browser', now()
     FROM person RETURNING "id"`,
  )
  return String(rows[0]?.id)
}
