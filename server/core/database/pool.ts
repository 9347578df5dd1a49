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
  /** The most connections that it holds. */
  max: number
  log: Logger
}

const borrowers = new AsyncLocalStorage<Borrower>()

/** Runs work, whose database calls count as the borrower's. */
export function borrowAs<T>(borrower: Borrower, work: () => T): T {
  return borrowers.run(borrower, work)
}

// A connection that is in use and passes nothing for this long leads nowhere: the network swallows its packets. Longer
// than a statement may take, and within the 5 seconds in which a request is answered.
const silenceMs = 4_800
const idleMs = 300_000

/**
 * The connections of this process, which requests, session checks, limits and readiness share: each of these keeps
 * some that the waiters of the others cannot take, and one feature or one client network holds a share of them.
 */
export class ConnectionPool extends pg.Pool {
  private readonly places
  private readonly births = new WeakMap<pg.PoolClient, number>()
  private readonly broken = new WeakSet<pg.PoolClient>()
  private generation = 0

  /** Connects when it is needed, so that this succeeds without a database. */
  constructor({ url, max, log }: PoolOptions) {
    super({ ...connectionOptions(url), max, idleTimeoutMillis: idleMs, allowExitOnIdle: true })
    this.places = createPlaces(max)
    const report = (err: Error) => log.warn({ err }, 'a database connection was lost')
    // For a connection's whole life: between the hands that hold it nobody else listens, and an error without a
    // listener ends the process.
    this.on('connect', (client) => {
      this.births.set(client, this.generation)
      client.on('error', (error) => {
        this.broken.add(client)
        report(error)
      })
    })
    this.on('error', () => {})
  }

  /** Opens all connections ahead of the first requests, so that a burst of them does not wait for it. */
  async open(): Promise<void> {
    const opened = await Promise.allSettled(Array.from({ length: this.options.max }, () => super.connect()))
    for (const outcome of opened) if (outcome.status === 'fulfilled') outcome.value.release()
  }

  /** Runs a statement, and replaces every connection if its failure says that they are of no more use. */
  async watch<T>(send: () => Promise<T>): Promise<T> {
    try {
      return await send()
    } catch (error) {
      if (needsFreshConnection(error)) this.renew()
      throw error
    }
  }

  /**
   * Replaces every connection before it is used again: what the sessions were set up with, prepared or allowed to do is
   * not what the database has now.
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
      // One that is not idle still has a statement under way, or an open transaction.
      release(error ?? client.getTransactionStatus() !== 'I')
      leave()
    }
  }
}

// Whatever the reason, a certificate that has expired or a setting that the database does not know: no statement of
// ours is to blame (see `isDatabaseAway`).
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
