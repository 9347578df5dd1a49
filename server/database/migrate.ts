import type pg from 'pg'
import { RemedyError } from '../remedy-error.js'
import { withConnection } from './connection.js'
import { type Migration, readMigrations } from './migration-folder.js'
import { type MigrationHistory, readHistory } from './migration-history.js'
import { type MigrationLog, withMigrationLock } from './migration-lock.js'
import { SchemaEngineError, withSchemaEngine } from './schema-engine.js'

export interface MigrateOptions {
  log?: MigrationLog
  /** Where the migrations are; left out, Plinth's own `prisma/migrations`. */
  folder?: string
}

/** Thrown when the migrations cannot go on; `remedy` names the command that mends it. */
export class MigrationError extends RemedyError {
  constructor(
    readonly fault: string,
    readonly remedy: string,
    options?: ErrorOptions,
  ) {
    super(`${fault}\n${remedy}`, options)
  }
}

/**
 * Applies the migrations that the database has not had. Any number of instances may call it at once: one applies them
 * while the others wait. With nothing to apply it costs one statement.
 *
 * @returns the names of the migrations that this call applied
 * @throws MigrationError if one failed, now or before, or was edited after it was applied
 */
export async function applyMigrations(
  databaseUrl: string,
  options: MigrateOptions = {},
): Promise<{ applied: string[] }> {
  const migrations = await readMigrations(options.folder)
  return withConnection(databaseUrl, async (client) => {
    if (isInOrder(await readHistory(client, migrations), options.log)) return { applied: [] }
    return withMigrationLock(client, options.log, () => applyLocked(databaseUrl, client, migrations))
  })
}

/**
 * What `applyMigrations` would find, without a change to the database.
 *
 * @returns the names of the pending migrations; `fault` and `remedy` where one failed or was edited
 */
export async function migrationStatus(
  databaseUrl: string,
  { folder }: Pick<MigrateOptions, 'folder'> = {},
): Promise<{ pending: string[]; fault?: string; remedy?: string }> {
  const migrations = await readMigrations(folder)
  const { pending, problem } = await withConnection(databaseUrl, (client) => readHistory(client, migrations))
  return { pending, ...problem }
}

/**
 * Records what became of a failed migration: `rolled-back` to have it applied again, `applied` to take it for done.
 * `applied` also takes over a database that has the tables already.
 *
 * @throws MigrationError if there is nothing to resolve
 */
export async function resolveMigration(
  databaseUrl: string,
  migrationName: string,
  outcome: 'applied' | 'rolled-back',
  { folder }: Pick<MigrateOptions, 'folder'> = {},
): Promise<void> {
  const migrationsList = toMigrationList(await readMigrations(folder))
  try {
    await withSchemaEngine(databaseUrl, async (engine) => {
      if (outcome === 'applied') await engine.markMigrationApplied({ migrationName, migrationsList })
      else await engine.markMigrationRolledBack({ migrationName })
    })
  } catch (error) {
    if (!(error instanceof SchemaEngineError)) throw error
    throw new MigrationError(error.message, 'See what is pending and what failed with: npm run doctor', {
      cause: error,
    })
  }
}

/** The migrations in the form in which Prisma's engine takes them. */
export function toMigrationList(migrations: readonly Migration[]) {
  return {
    baseDir: 'prisma/migrations',
    lockfile: {
      path: 'migration_lock.toml',
      content: 'provider = "postgresql"',
    },
    shadowDbInitScript: '',
    migrationDirectories: migrations.map(({ name, sql }) => ({
      path: name,
      migrationFile: {
        path: 'migration.sql',
        content: { tag: 'ok' as const, value: sql },
      },
    })),
  }
}

function isInOrder({ pending, problem, unknown }: MigrationHistory, log?: MigrationLog): boolean {
  if (unknown.length > 0) log?.warn(`The database has migrations that this release lacks: ${unknown.join(', ')}`)
  return pending.length === 0 && !problem
}

/** Looks again, now that no other instance is at work. */
async function applyLocked(
  databaseUrl: string,
  client: pg.Client,
  migrations: readonly Migration[],
): Promise<{ applied: string[] }> {
  const { pending, problem } = await readHistory(client, migrations)
  if (problem) throw new MigrationError(problem.fault, problem.remedy)
  return { applied: pending.length > 0 ? await applyAll(databaseUrl, migrations) : [] }
}

async function applyAll(databaseUrl: string, migrations: readonly Migration[]): Promise<string[]> {
  const input = {
    migrationsList: toMigrationList(migrations),
    filters: { externalTables: [], externalEnums: [] },
  }
  try {
    const output = await withSchemaEngine(databaseUrl, (engine) => engine.applyMigrations(input))
    return output.appliedMigrationNames
  } catch (error) {
    throw error instanceof SchemaEngineError ? await explain(databaseUrl, migrations, error) : error
  }
}

async function explain(
  databaseUrl: string,
  migrations: readonly Migration[],
  cause: SchemaEngineError,
): Promise<MigrationError> {
  const first = migrations[0]?.name ?? ''
  if (cause.code === 'P3005') return new MigrationError(...describeUnmanaged(first), { cause })
  const { problem } = await withConnection(databaseUrl, (client) => readHistory(client, migrations))
  if (!problem) return new MigrationError(cause.message, 'Mend that, then run: npm run migrate', { cause })
  return new MigrationError(`${problem.fault} ${cause.message}`, problem.remedy, { cause })
}

function describeUnmanaged(first: string): [fault: string, remedy: string] {
  return [
    'The database has tables, but no history of migrations.',
    `If they are those of the first migration, run: npm run migrate -- --resolve ${first} applied.` +
      ' Otherwise name an empty database in DATABASE_URL. In development, npm run db:reset starts over.',
  ]
}
