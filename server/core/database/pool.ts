import { AsyncLocalStorage } from 'node:async_hooks'
import { Socket } from 'node:net'
import { callbackify } from 'node:util'
import pg from 'pg'
import type { Logger } from '../logger.js'
import { connectionOptions } from './connection-options.js'
import { needsFreshConnection } from './errors.js'
import { type Borrower, createPlaces } from './pool-places.js'

interface PoolOptions {
  url: string
  /** The maximum number of connections. */
  max: number
  log: Logger
}

const borrowers = new AsyncLocalStorage<Borrower>()

/** Runs work, whose database calls count as those of the requester. */
export function borrowAs<T>(borrower: Borrower, work: () => T): T {
  return borrowers.run(borrower, work)
}

// A connection in use without any traffic for this long is dead, because the network drops its packets. It is longer
// than a statement may take, and within the 5 seconds in which a request gets a response.
const silenceMs = 4_800
const idleMs = 300_000

/**
 * The connections of this process, which requests, session checks, limits and readiness share. Each of these keeps some
 * that waiting requesters of the others cannot take, and one feature or one client network may hold a share.
 */
export class ConnectionPool extends pg.Pool {
  private readonly places
  private readonly births = new WeakMap<pg.PoolClient, number>()
  private readonly broken = new WeakSet<pg.PoolClient>()
  private generation = 0

  /** Connects when necessary, so that this succeeds without a database. */
  constructor({ url, max, log }: PoolOptions) {
    super({ ...connectionOptions(url), max, idleTimeoutMillis: idleMs, allowExitOnIdle: true })
    this.places = createPlaces(max)
    const report = (err: Error) => log.warn({ err }, 'a database connection was lost')
    // For the whole life of the connection: an error that occurs while it is idle would end the process without a
    // listener.
    this.on('connect', (client) => {
      this.births.set(client, this.generation)
      client.on('error', (error) => {
        this.broken.add(client)
        report(error)
      })
    })
    this.on('error', () => {})
  }

  /** Opens all connections before the first requests, so that a burst of requests does not wait for it. */
  async open(): Promise<void> {
    const opened = await Promise.allSettled(Array.from({ length: this.options.max }, () => super.connect()))
    for (const outcome of opened) if (outcome.status === 'fulfilled') outcome.value.release()
  }

  /** Runs a statement, and replaces every connection if the failure shows that they are outdated. */
  async watch<T>(send: () => Promise<T>): Promise<T> {
    try {
      return await send()
    } catch (error) {
      if (needsFreshConnection(error)) this.renew()
      throw error
    }
  }

  /**
   * Replaces every connection before its next use, because its settings, plans or privileges no longer match the
   * database.
   */
  renew(): void {
    this.generation += 1
  }

  override connect(): Promise<pg.PoolClient>
  override connect(callback: ConnectCallback): void
  override connect(callback?: ConnectCallback): Promise<pg.PoolClient> | void {
    const borrower = borrowers.getStore() ?? { purpose: 'request' }
    if (!callback) return this.borrow(borrower)
    const borrow = callbackify(() => this.borrow(borrower))
    borrow((error, client) => callback(error ?? undefined, client, (reason) => client?.release(reason)))
  }

  private async borrow(borrower: Borrower): Promise<pg.PoolClient> {
    const leave = await this.places.take(borrower)
    try {
      const client = await this.takeFresh()
      this.lend(client, leave)
      return client
    } catch (error) {
      leave()
      throw error
    }
  }

  private async takeFresh(): Promise<pg.PoolClient> {
    for (;;) {
      const client = await super.connect().catch(failToConnect)
      if (this.births.get(client) === this.generation && !this.broken.has(client)) return client
      client.release(true)
    }
  }

  private lend(client: pg.PoolClient, leave: () => void): void {
    const { stream } = client.connection
    const release = client.release.bind(client)
    const giveUp = () => {
      this.renew()
      stream.destroy(new Error(`The database has been silent for ${silenceMs} ms.`))
    }
    if (stream instanceof Socket) stream.setTimeout(silenceMs, giveUp)
    client.release = (error) => {
      if (stream instanceof Socket) stream.setTimeout(0).off('timeout', giveUp)
      // A connection that is not idle still runs a statement, or has an open transaction.
      release(error ?? client.getTransactionStatus() !== 'I')
      leave()
    }
  }
}

// Whatever the reason, such as an expired certificate or an unknown setting, it is no fault of a statement (see
// `isDatabaseAway`).
function failToConnect(cause: unknown): never {
  throw new Error(`Connecting to the database failed: ${cause instanceof Error ? cause.message : 'no reason given'}`, {
    cause,
  })
}

type ConnectCallback = (
  error: Error | undefined,
  client: pg.PoolClient | undefined,
  done: (release?: Error | boolean) => void,
) => void
