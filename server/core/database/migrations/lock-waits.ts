import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import { codeOf } from '../../unknown-values.js'
import { withConnection } from '../connection.js'
import { processIdOf } from '../session.js'
import type { MigrationLog } from './lock.js'
import { readStatements } from './statements.js'

// Every other statement on the table queues behind one that waits for its lock, so it waits less than a request may.
const lockTimeoutMs = 500
const lookAfterMs = 250
const pausesMs = [1_000, 2_000, 4_000, 8_000, 15_000]
const patience = 5 * 60_000

/** A connection that migrates, and what it needs to report why it waits. */
export interface Waiting {
  client: pg.Client
  databaseUrl: string
  log: MigrationLog | undefined
  /** How long a migration tries to get its locks, in milliseconds; five minutes by default. */
  patienceMs?: number | undefined
}

/** Thrown if a migration did not get its locks; it has changed nothing. */
export class LockWaitError extends Error {}

/**
 * Runs a script that waits for each lock for at most half a second, because all requests that need the table wait behind
 * it meanwhile. If it does not get a lock, it is rolled back, and tried again after pauses that grow to 15 seconds. Each
 * time, the log says which session holds the lock.
 *
 * @param attempt runs the script, and leaves no transaction open if it fails
 * @throws LockWaitError when the time is over, and what the script throws
 */
export async function withShortLocks(waiting: Waiting, attempt: () => Promise<void>): Promise<void> {
  const end = performance.now() + (waiting.patienceMs ?? patience)
  await waiting.client.query(`SET lock_timeout = ${lockTimeoutMs}`)
  try {
    for (let pause = 0; ; pause += 1) {
      const holder = await attemptOnce(waiting, attempt)
      if (holder === undefined) return
      const ms = pausesMs[Math.min(pause, pausesMs.length - 1)] ?? 0
      if (performance.now() + ms > end) throw new LockWaitError(holder)
      waiting.log?.info(`${holder} Trying again in ${ms / 1000} s.`)
      await sleep(ms)
    }
  } finally {
    await waiting.client.query('SET lock_timeout = 0').catch(() => {})
  }
}

/**
 * Whether PostgreSQL rolls a script back as a whole. One that ends its own transactions is not, and one that builds an
 * index concurrently must not be interrupted, and keeps nobody waiting.
 */
export function isOneTransaction(script: string): boolean {
  const ends = /^\s*(commit|begin|end|start\s+transaction|rollback|abort)\b|\bconcurrently\b/i
  return !readStatements(script).some(({ words }) => ends.test(words))
}

/** @returns who holds the lock that the script did not get; undefined if it ran */
async function attemptOnce(
  { client, databaseUrl }: Waiting,
  attempt: () => Promise<void>,
): Promise<string | undefined> {
  const over = new AbortController()
  const looking = lookAtHolder(databaseUrl, client, over.signal)
  try {
    await attempt()
    return undefined
  } catch (error) {
    if (!isLockTimeout(error)) throw error
    return (await looking) ?? 'The migration waits for a lock that another session holds.'
  } finally {
    over.abort()
    await looking
  }
}

/** Whether a statement has ended because it did not get a lock in time. */
export function isLockTimeout(error: unknown): boolean {
  return codeOf(error) === '55P03' || (error instanceof Error && codeOf(error.cause) === '55P03')
}

// On another connection, which is open before the script waits, because it waits only for a moment.
async function lookAtHolder(url: string, client: pg.Client, signal: AbortSignal): Promise<string | undefined> {
  try {
    return await withConnection(url, async (other) => {
      await sleep(lookAfterMs, undefined, { signal })
      const { rows } = await other.query<Holder>(findHolder, [processIdOf(client)])
      return rows[0] && describe(rows[0])
    })
  } catch {
    return undefined
  }
}

interface Holder {
  pid: number
  role: string
  application: string
  state: string
  seconds: number
  relation: string | null
}

const findHolder = `
  SELECT a.pid, a.usename AS "role", a.application_name AS "application", a.state,
    coalesce(extract(epoch FROM now() - a.xact_start), 0)::int AS "seconds",
    (SELECT l.relation::regclass::text FROM pg_locks l WHERE l.pid = $1 AND NOT l.granted LIMIT 1) AS "relation"
  FROM unnest(pg_blocking_pids($1)) b(pid) JOIN pg_stat_activity a ON a.pid = b.pid
  ORDER BY a.xact_start LIMIT 1`

function describe({ pid, role, application, state, seconds, relation }: Holder): string {
  const name = application ? `${role}, ${application}` : role
  return (
    `The migration waits for a lock${relation ? ` on ${relation}` : ''}, which session ${pid} (${name}) holds: its ` +
    `transaction has been open for ${seconds} s, and it is ${state}. If it may be ended, run in psql: ` +
    `SELECT pg_terminate_backend(${pid});`
  )
}
