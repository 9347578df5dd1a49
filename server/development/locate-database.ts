import { databaseUrlOf } from '../commands/database.js'
import type { CommandConfig } from '../config.js'
import { withConnection } from '../core/database/connection.js'
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres/embedded-postgres.js'

export interface LocatedDatabase {
  url: string
  kind: 'given' | 'embedded'
  /** Stops an embedded server that this call started, unless others use it. */
  close(): Promise<void>
  /** Stops an embedded server, even if another process started it. */
  stop(): Promise<void>
}

/**
 * Finds the database for commands: that of DATABASE_URL (past a pooler, that of DIRECT_URL), otherwise, except in production, the embedded one of DATA_DIR,
 * which is started if necessary.
 *
 * @throws RemedyError that explains the options if there is neither
 */
export async function locateDatabase(
  config: Pick<CommandConfig, 'app' | 'dataDir' | 'database' | 'isProduction'>,
  log?: (line: string) => void,
): Promise<LocatedDatabase> {
  const url = config.isProduction ? databaseUrlOf(config) : config.database.directUrl
  if (url) return { url, kind: 'given', close: async () => {}, stop: async () => {} }
  const server = await startEmbeddedPostgres({
    dataDir: config.dataDir,
    database: databaseName(config),
    ...(log ? { log } : {}),
  })
  return { url: server.url, kind: 'embedded', close: () => stopUnlessUsed(server), stop: () => server.stop() }
}

/** The name of the embedded database: the name of the application as an SQL identifier. */
export function databaseName({ app }: Pick<CommandConfig, 'app'>): string {
  return app.name.replaceAll('-', '_')
}

async function stopUnlessUsed(server: EmbeddedPostgres): Promise<void> {
  if (!server.wasRunning && !(await hasOtherClients(server.url))) await server.stop()
}

async function hasOtherClients(url: string): Promise<boolean> {
  const others = "SELECT 1 FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
  const { rowCount } = await withConnection(url, (client) => client.query(others))
  return Boolean(rowCount)
}
