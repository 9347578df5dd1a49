import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { onTestFinished } from 'vitest'
import { withConnection } from '../core/database/connection.js'
import { findPrismaFile, readMigrations } from '../core/database/migrations/folder.js'
import { createTestDatabase } from './test-database.js'

/** The name of the first migration. */
export const firstMigration = '20261122000000_init'

/**
 * A copy of the schema and the first migration (or of `all`, so that they result in that schema) that a test may
 * change, with an empty database. Both are deleted after the test.
 */
export async function createMigrationProject({ all = false } = {}) {
  const root = await mkdtemp(path.join(tmpdir(), 'migrations-'))
  const folder = path.join(root, 'migrations')
  const schemaFile = path.join(root, 'schema.prisma')
  const names = all ? (await readMigrations()).map(({ name }) => name) : [firstMigration]
  for (const name of names) {
    await cp(path.join(findPrismaFile('migrations'), name), path.join(folder, name), { recursive: true })
  }
  await cp(findPrismaFile('schema.prisma'), schemaFile)
  const database = await createTestDatabase({ empty: true })
  const { url } = database
  onTestFinished(async () => {
    await rm(root, { recursive: true })
    await database.drop()
  })
  const fileOf = (name: string) => path.join(folder, name, 'migration.sql')
  return {
    url,
    folder,
    /** The names of the copied migrations. */
    names,
    schemaFile,
    query: (sql: string) => query(url, sql),
    write: async (name: string, sql: string) => {
      await mkdir(path.join(folder, name), { recursive: true })
      await writeFile(fileOf(name), sql)
    },
    edit: (change: (sql: string) => string) => edit(fileOf(firstMigration), change),
    editSchema: (change: (schema: string) => string) => edit(schemaFile, change),
  }
}

async function edit(file: string, change: (text: string) => string): Promise<void> {
  await writeFile(file, change(await readFile(file, 'utf8')))
}

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  return (await withConnection(url, (client) => client.query<Record<string, unknown>>(sql))).rows
}
