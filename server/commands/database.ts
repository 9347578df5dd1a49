import { type CommandConfig, loadCommandConfig } from '../config.js'
import { migrationStatus } from '../core/database/migrations/migrate.js'
import { RemedyError } from '../core/remedy-error.js'

const missing =
  'DATABASE_URL is missing. Set it to postgresql://user:password@host:5432/database; ' +
  'the embedded PostgreSQL is for development (NODE_ENV=development).'

/**
 * Reads the settings of a command that works on a database.
 *
 * @throws RemedyError if DATABASE_URL is missing
 */
export function loadDatabaseConfig(): { url: string; config: CommandConfig } {
  const config = loadCommandConfig()
  return { url: databaseUrlOf(config), config }
}

/**
 * Checks that a command can work on the tables of a database.
 *
 * @throws RemedyError if the database cannot be reached, or if migrations are pending or have failed
 */
export async function assertMigrated(url: string): Promise<void> {
  const { pending, fault, remedy } = await migrationStatus(url)
  if (fault) throw new RemedyError(`${fault}\n${remedy ?? ''}`)
  if (pending.length > 0) throw new RemedyError(`Migrations are pending: ${pending.join(', ')}.\nRun: npm run migrate`)
}

/**
 * The URL of PostgreSQL itself, past a pooler.
 *
 * @throws RemedyError if DATABASE_URL is missing
 */
export function databaseUrlOf({ database: { directUrl } }: Pick<CommandConfig, 'database'>): string {
  if (!directUrl) throw new RemedyError(missing)
  return directUrl
}
