import { isIP } from 'node:net'
import pg from 'pg'
import { withConnection } from '../../core/database/connection.js'
import { applyMigrations, type MigrateOptions, MigrationError } from '../../core/database/migrations/migrate.js'
import { codeOf } from '../../core/unknown-values.js'

export interface ResetOptions extends MigrateOptions {
  isProduction: boolean
  /** Allows a host other than this machine. */
  isForced?: boolean
}

/**
 * Drops everything in the schema `public` and the job queue, and applies all migrations.
 *
 * @throws MigrationError in production, and for a database on another machine unless forced
 */
export async function resetDatabase(databaseUrl: string, options: ResetOptions): Promise<{ applied: string[] }> {
  checkTarget(databaseUrl, options)
  await dropEverything(databaseUrl)
  return applyMigrations(databaseUrl, options)
}

async function dropEverything(databaseUrl: string): Promise<void> {
  const script = 'DROP SCHEMA public CASCADE; CREATE SCHEMA public; DROP SCHEMA IF EXISTS graphile_worker CASCADE'
  try {
    await withConnection(databaseUrl, (client) => client.query(script))
  } catch (cause) {
    if (codeOf(cause) !== insufficientPrivilege) throw cause
    throw new MigrationError(
      'The role in DATABASE_URL may not drop the schema public, which another role owns.',
      'Use the owner of the database in DATABASE_URL, or unset it to use the embedded PostgreSQL.',
      { cause },
    )
  }
}

const insufficientPrivilege = '42501'

function checkTarget(databaseUrl: string, { isProduction, isForced }: ResetOptions): void {
  if (isProduction) {
    throw new MigrationError(
      'A production database cannot be reset.',
      'If this is a development database, set NODE_ENV=development.',
    )
  }
  const { host } = new pg.Client({ connectionString: databaseUrl })
  if (isForced || isThisMachine(host)) return
  throw new MigrationError(
    `The database is on ${host}, not on this machine. A reset deletes all its data.`,
    'To reset it anyway, run: npm run db:reset -- --force',
  )
}

function isThisMachine(host: string): boolean {
  const isSocket = host.startsWith('/')
  const isLoopback = host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
  return isSocket || isLoopback
}
