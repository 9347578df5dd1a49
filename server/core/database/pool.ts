import { AsyncLocalStorage } from 'node:async_hooks'
import { Socket } from 'node:net'
import pg from 'pg'
import type { Logger } from '../logger.js'
import { connectionOptions } from './connection-options.js'
import { needsFreshConnection } from './errors.js'
import { type Borrower, createPlaces } from './pool-places.js'
import { createSessions, isRefusedByPooler, refusedByPooler } from './session.js'

interface PoolOptions {
  url: string
  /** Whether the URL leads to a pooler in transaction mode, such as PgBouncer. */
  isPooled?: boolean
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
  private readonly lent = new WeakSet<pg.PoolClient>()
  private readonly sessions
  private generation = 0

  /** Connects when necessary, so that this succeeds without a database. */
  constructor({ url, isPooled = false, max, log }: PoolOptions) {
    const sessions = createSessions({ isPooled, log })
    const options = { ...connectionOptions(url, { isPooled }), ...(isPooled && { onConnect: sessions.prepare }) }
    super({ ...options, max, idleTimeoutMillis: idleMs, allowExitOnIdle: true })
    this.sessions = sessions
    this.places = createPlaces(max)
    const report = (err: Error) => log.warn({ err }, 'a database connection was lost')
    // For the whole life of the connection: an error that occurs while it is idle would end the process without a
    // listener.
    this.on('connect', (client) => {
      this.births.set(client, this.generation)
      this.watchSilence(client)
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
    const clients = opened.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
    const [first] = clients
    if (first) await this.sessions.reportOn(first).catch(() => {})
    for (const client of clients) client.release()
  }

  /** Whether statements are found again by their names; through a pooler, once a connection has shown it. */
  get keepsNames(): boolean {
    return this.sessions.keepNames()
  }

  /** Sends a statement on a connection of its own, with the replacements of {@link watch}. */
  async send(statement: pg.QueryConfig): Promise<pg.QueryResult> {
    const client = await this.connect()
    try {
      return await client.query(this.keepsNames ? statement : withoutName(statement))
    } catch (error) {
      this.renewAfter(error)
      throw error
    } finally {
      client.release()
    }
  }

  /** How many connections are in use, are idle, are allowed, and how many requesters wait for one. */
  occupancy() {
    const { totalCount, idleCount, options } = this
    return { used: totalCount - idleCount, idle: idleCount, max: options.max, waiting: this.places.waiting() }
  }

  /** Runs a statement, and replaces every connection if the failure shows that they are outdated. */
  async watch<T>(send: () => Promise<T>): Promise<T> {
    try {
      return await send()
    } catch (error) {
      this.renewAfter(error)
      throw error
    }
  }

  private renewAfter(error: unknown): void {
    if (needsFreshConnection(error)) this.renew()
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
    if (callback) return this.borrow((error, client) => callback(error, client, (reason) => client?.release(reason)))
    return new Promise((resolve, reject) => {
      this.borrow((error, client) => (client ? resolve(client) : reject(error)))
    })
  }

  // With callbacks, as the driver has them, because each read would otherwise wait for five promises more.
  private borrow(done: Done): void {
    const place = this.places.take(borrowers.getStore() ?? { purpose: 'request' })
    if (place instanceof Promise) place.then((leave) => this.takeFresh(leave, done), done)
    else this.takeFresh(place, done)
  }

  private takeFresh(leave: () => void, done: Done): void {
    super.connect((error, client) => {
      if (!client) {
        leave()
        return done(failToConnect(error))
      }
      if (this.births.get(client) === this.generation && !this.broken.has(client)) {
        this.lend(client, leave)
        return done(undefined, client)
      }
      client.release(true)
      this.takeFresh(leave, done)
    })
  }

  private lend(client: pg.PoolClient, leave: () => void): void {
    const { stream } = client.connection
    const release = client.release.bind(client)
    this.lent.add(client)
    // Silence counts from here, and not from the statement of the last borrower.
    if (stream instanceof Socket) stream.setTimeout(silenceMs)
    client.release = (error) => {
      this.lent.delete(client)
      // A connection that is not idle still runs a statement, or has an open transaction.
      release(error ?? client.getTransactionStatus() !== 'I')
      leave()
    }
  }

  // One listener for the whole life of the connection.
  private watchSilence(client: pg.PoolClient): void {
    const { stream } = client.connection
    stream.on('timeout', () => {
      if (!this.lent.has(client)) return
      this.renew()
      stream.destroy(new Error(`The database has been silent for ${silenceMs} ms.`))
    })
  }
}

function withoutName({ name: _name, ...statement }: pg.QueryConfig): pg.QueryConfig {
  return statement
}

type Done = (error: Error | undefined, client?: pg.PoolClient) => void

// Whatever the reason, such as an expired certificate or an unknown setting, it is no fault of a statement (see
// `isDatabaseAway`).
function failToConnect(cause: unknown): Error {
  const reason = cause instanceof Error ? cause.message : 'no reason given'
  const hint = isRefusedByPooler(cause) ? `. ${refusedByPooler}` : ''
  return new Error(`Connecting to the database failed: ${reason}${hint}`, { cause })
}

type ConnectCallback = (
  error: Error | undefined,
  client: pg.PoolClient | undefined,
  done: (release?: Error | boolean) => void,
) => void
