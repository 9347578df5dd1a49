import { type CommandConfig, loadCommandConfig } from '../config.js'
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

/** @throws RemedyError if DATABASE_URL is missing */
export function databaseUrlOf({ database: { url } }: Pick<CommandConfig, 'database'>): string {
  if (!url) throw new RemedyError(missing)
  return url
}
