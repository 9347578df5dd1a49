import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { connectionOptions } from '../database/connection-options.js'
import type { Logger } from '../logger.js'

/** The connections of a worker: one waits for notifications, and the other takes jobs and marks them as done. */
export const workerConnections = 2

// In milliseconds. Otherwise the library waits for ever for a response, and for a connection of the pool.
const responseMs = 5_000
const farewellMs = 500

/** The connections of one run of a worker. A lost one is logged, and replaced at its next use. */
export class WorkerConnections extends pg.Pool {
  private readonly clients = new Set<pg.PoolClient>()

  constructor(databaseUrl: string, log: Logger) {
    super({
      ...connectionOptions(databaseUrl),
      connectionTimeoutMillis: responseMs,
      query_timeout: responseMs,
      max: workerConnections,
      allowExitOnIdle: true,
    })
    this.on('error', () => {})
    this.on('connect', (client) => {
      this.clients.add(client)
      client.on('error', (err) => log.warn({ err }, 'a connection of the job worker was lost'))
    })
    this.on('remove', (client) => this.clients.delete(client))
  }

  override connect(): Promise<pg.PoolClient>
  override connect(callback: ConnectCallback): void
  override connect(callback?: ConnectCallback): Promise<pg.PoolClient> | void {
    if (!callback) return super.connect()
    // If a connection is lost while the library stops, it releases it twice, and does not handle the rejection.
    return super.connect((error, client, release) => callback(error, client, callOnce(release)))
  }

  /** Closes the connections, also those that do not respond, and those that the library does not give back. */
  async close(): Promise<void> {
    // If the network drops packets, the message that closes a connection is lost too.
    const cut = setTimeout(() => {
      for (const { connection } of this.clients) connection.stream.destroy()
    }, farewellMs)
    await Promise.race([this.end(), sleep(2 * farewellMs, undefined, { ref: false })])
    clearTimeout(cut)
  }
}

type Release = (reason?: Error | boolean) => void
type ConnectCallback = (error: Error | undefined, client: pg.PoolClient | undefined, release: Release) => void

// Without a client, there is no function to release it, whatever the types say.
function callOnce(release: Release | undefined): Release {
  let isReleased = false
  return (reason) => {
    if (isReleased) return
    isReleased = true
    release?.(reason)
  }
}
