import { readFile } from 'node:fs/promises'
import { findPrismaFile } from '../../core/database/migrations/folder.js'
import { applyMigrations } from '../../core/database/migrations/migrate.js'
import { withSchemaEngine } from './schema-engine.js'
import { withScratchDatabase } from './scratch.js'

export interface DiffOptions {
  /** The folder of the migrations; `prisma/migrations` by default. */
  folder?: string
  /** The path of the Prisma schema; `prisma/schema.prisma` by default. */
  schemaFile?: string
}

/**
 * The SQL from a database with all migrations to the schema, or undefined if they are equal. The migrations are applied
 * to a scratch database on the server of `databaseUrl`; that database itself is not changed.
 *
 * @throws MigrationError if a migration fails on an empty database
 */
export async function diffMigrationsToSchema(
  databaseUrl: string,
  options: DiffOptions = {},
): Promise<string | undefined> {
  const content = await readFile(options.schemaFile ?? findPrismaFile('schema.prisma'), 'utf8')
  return withScratchDatabase(databaseUrl, async (scratchUrl) => {
    await applyMigrations(scratchUrl, options)
    return diffToSchema(scratchUrl, content)
  })
}

async function diffToSchema(databaseUrl: string, content: string): Promise<string | undefined> {
  const files = [{ path: 'schema.prisma', content }]
  const result = await withSchemaEngine(
    databaseUrl,
    (engine) =>
      engine.diff({
        from: { tag: 'schemaDatasource', files, configDir: '.' },
        to: { tag: 'schemaDatamodel', files },
        script: true,
        exitCode: true,
        filters: { externalTables: [], externalEnums: [] },
      }),
    content,
  )
  return result.exitCode === 0 ? undefined : (result.stdout ?? '')
}
