import type pg from 'pg'
import { isJobSchemaCurrent, migrateJobSchema } from '../../jobs/database-schema.js'
import { RemedyError } from '../../remedy-error.js'
import { withConnection } from '../connection.js'
import { type Migration, readMigrations } from './folder.js'
import { type MigrationHistory, readHistory } from './history.js'
import { type MigrationLog, withMigrationLock } from './lock.js'
import { LockWaitError, type Waiting } from './lock-waits.js'
import { isForbidden, isUnmanaged, markApplied, markRolledBack, runMigration } from './runs.js'

export interface MigrateOptions {
  log?: MigrationLog
  /** The folder of the migrations; `prisma/migrations` by default. */
  folder?: string
  /** How long to try to get the locks of a migration; see {@link Waiting}. */
  patienceMs?: number
}

/** How the migrations of the job queue are listed. */
const jobSchemaName = 'graphile_worker'

/** Thrown if the migrations cannot continue; `remedy` names the command that solves the problem. */
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
 * Applies the pending migrations, and those of the job queue, which its library contains. Several instances may call it at
 * once: one applies them while the others wait. If none are pending, it costs two statements.
 *
 * @returns the names of the migrations that this call applied
 * @throws MigrationError if a migration failed, now or earlier, or was edited after it was applied
 */
export async function applyMigrations(
  databaseUrl: string,
  { folder, log, patienceMs }: MigrateOptions = {},
): Promise<{ applied: string[] }> {
  const migrations = await readMigrations(folder)
  return withConnection(databaseUrl, async (client) => {
    if (isInOrder(await readHistory(client, migrations), log) && (await isJobSchemaCurrent(client))) {
      return { applied: [] }
    }
    const waiting = { client, databaseUrl, log, patienceMs }
    return withMigrationLock(client, log, async () => {
      const { applied } = await applyPending(waiting, migrations)
      if (!(await isJobSchemaCurrent(client))) await migrateQueue(waiting)
      return { applied }
    })
  })
}

/**
 * Reports what `applyMigrations` would find, without changing the database.
 *
 * @returns the names of the pending migrations; `fault` and `remedy` if one failed or was edited
 */
export async function migrationStatus(
  databaseUrl: string,
  { folder }: Pick<MigrateOptions, 'folder'> = {},
): Promise<{ pending: string[]; fault?: string; remedy?: string }> {
  const migrations = await readMigrations(folder)
  return withConnection(databaseUrl, async (client) => {
    const { pending, problem } = await readHistory(client, migrations)
    const ofQueue = (await isJobSchemaCurrent(client)) ? [] : [jobSchemaName]
    return { pending: [...pending, ...ofQueue], ...problem }
  })
}

/**
 * Records the outcome of a failed migration: `rolled-back` to apply it again, `applied` to treat it as done. `applied`
 * also takes over a database that already has the tables.
 *
 * @throws MigrationError if there is nothing to resolve
 */
export async function resolveMigration(
  databaseUrl: string,
  name: string,
  outcome: 'applied' | 'rolled-back',
  { folder }: Pick<MigrateOptions, 'folder'> = {},
): Promise<void> {
  const migration = (await readMigrations(folder)).find((candidate) => candidate.name === name)
  const isResolved = await withConnection(databaseUrl, async (client) => {
    if (outcome === 'rolled-back') return markRolledBack(client, name)
    return migration !== undefined && markApplied(client, migration)
  })
  if (isResolved) return
  const fault = migration ? `There is nothing to resolve for the migration ${name}.` : `There is no migration ${name}.`
  throw new MigrationError(fault, 'To see pending and failed migrations, run: npm run doctor')
}

function isInOrder({ pending, problem, unknown }: MigrationHistory, log?: MigrationLog): boolean {
  if (unknown.length > 0)
    log?.warn(`The database has migrations that are not part of this release: ${unknown.join(', ')}`)
  return pending.length === 0 && !problem
}

/** Compares again, because another instance may have migrated before this one got the lock. */
async function applyPending(waiting: Waiting, migrations: readonly Migration[]): Promise<{ applied: string[] }> {
  const { client } = waiting
  const { pending, problem } = await readHistory(client, migrations)
  if (problem) throw new MigrationError(problem.fault, problem.remedy)
  if (pending.length > 0 && (await isUnmanaged(client))) throw describeUnmanaged(pending[0] ?? '')
  for (const migration of migrations) {
    if (pending.includes(migration.name)) await applyOne(waiting, migrations, migration)
  }
  return { applied: pending }
}

async function migrateQueue({ client, databaseUrl }: Waiting): Promise<void> {
  try {
    await migrateJobSchema(databaseUrl)
  } catch (cause) {
    throw isForbidden(cause) ? await describeForbidden(client, cause) : cause
  }
}

async function applyOne(waiting: Waiting, all: readonly Migration[], migration: Migration): Promise<void> {
  try {
    await runMigration(waiting, migration)
  } catch (cause) {
    if (cause instanceof LockWaitError) throw new MigrationError(cause.message, tryAgain, { cause })
    if (isForbidden(cause)) throw await describeForbidden(waiting.client, cause)
    const { problem } = await readHistory(waiting.client, all)
    if (!problem) throw cause
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new MigrationError(`${problem.fault} ${reason}`, problem.remedy, { cause })
  }
}

// A trusted extension, such as pg_trgm, needs CREATE on the database; the tables need it on the schema.
async function describeForbidden(client: pg.ClientBase, cause: unknown): Promise<MigrationError> {
  const { rows } = await client.query<{ role: string; database: string }>(
    'SELECT quote_ident(current_user) AS "role", quote_ident(current_database()) AS "database"',
  )
  const { role = '', database = '' } = rows[0] ?? {}
  const reason = cause instanceof Error ? cause.message : String(cause)
  const remedy = /is not available/.test(reason)
    ? 'Install the contributed modules of PostgreSQL on its server (the package postgresql-contrib, or that of your provider)'
    : `Run as the owner of the database: GRANT CREATE ON DATABASE ${database} TO ${role}; GRANT CREATE ON SCHEMA public TO ${role};\n` +
      'Objects that another role owns can only be changed by that role'
  return new MigrationError(
    `The role ${role} cannot apply the migrations: ${reason}`,
    `${remedy}. Then run: npm run migrate`,
    { cause },
  )
}

const tryAgain = 'Nothing was changed. To try again, run: npm run migrate'

function describeUnmanaged(first: string): MigrationError {
  return new MigrationError(
    'The database has tables but no migration history.',
    `If these are the tables of the first migration, run: npm run migrate -- --resolve ${first} applied.` +
      ' Otherwise name an empty database in DATABASE_URL. In development, npm run db:reset starts over.',
  )
}
