import { randomUUID } from 'node:crypto'
import pg from 'pg'
import type { Logger } from '../logger.js'
import { timeoutsMs } from './connection-options.js'

// A new connection is given up after this time, as one that cannot be opened.
const prepareMs = 2_000

/** What a session turned out to be, after it was opened through whatever lies between this process and PostgreSQL. */
interface SessionReport {
  /** Whether a prepared statement is found again by its name in every later transaction. */
  keepsNames: boolean
  /** The SQL that sets what the session lacks for its role; empty if it lacks nothing. */
  remedies: string[]
}

interface SessionOptions {
  /** Whether a pooler in transaction mode lies between. */
  isPooled: boolean
  log: Logger
}

const missingOnRole =
  'sessions through the pooler lack settings: run these statements, and let the pooler open its connections again'
const lostSettings =
  'the settings of a session did not reach PostgreSQL: if DATABASE_URL leads to a pooler, set DIRECT_URL to PostgreSQL itself'
const noNames =
  'the pooler loses prepared statements, so PostgreSQL parses each one (PgBouncer keeps them since 1.21, with max_prepared_statements)'

/** Prepares the sessions of a pool, and reports once what cannot hold in them. */
export function createSessions({ isPooled, log }: SessionOptions) {
  let keepsNames = !isPooled
  let hasReported = false

  async function inspect(client: pg.ClientBase): Promise<void> {
    const { remedies, ...found } = await inspectSession(client)
    keepsNames = found.keepsNames
    if (hasReported) return
    hasReported = true
    if (remedies.length > 0) log.warn({ remedies }, isPooled ? missingOnRole : lostSettings)
    if (!keepsNames) log.info(noNames)
  }

  return {
    keepNames: () => keepsNames,
    /** Reports on the first session. Through a pooler, its preparation has done so. */
    reportOn: (client: pg.ClientBase) => (hasReported ? Promise.resolve() : inspect(client)),
    /**
     * Prepares a new session through the pooler, which refuses settings at its start. PgBouncer follows these two when a
     * statement sets them, and restores them on each connection to PostgreSQL. Times depend on them, because Prisma's
     * adapter writes times without an offset.
     */
    async prepare(client: pg.ClientBase): Promise<void> {
      await endIfSilent(client, async () => {
        await client.query(`SET TimeZone = 'UTC'; SET DateStyle = 'ISO'`)
        await inspect(client)
      })
    },
  }
}

async function endIfSilent(client: pg.ClientBase, work: () => Promise<void>): Promise<void> {
  const timer = setTimeout(() => client instanceof pg.Client && client.connection.stream.destroy(), prepareMs)
  try {
    await work()
  } finally {
    clearTimeout(timer)
  }
}

/** Asks PostgreSQL what has arrived of the settings of a session, and whether it keeps names of statements. */
export async function inspectSession(client: pg.ClientBase): Promise<SessionReport> {
  const { rows } = await client.query<Row>(readSettings)
  const [row] = rows
  if (!row) throw new Error('The database did not answer which settings a session has.')
  const isDirect = row.pid === processIdOf(client)
  return { keepsNames: isDirect || (await hasNamesReplaced(client)), remedies: findRemedies(row) }
}

/** What to do if {@link isRefusedByPooler}. */
export const refusedByPooler =
  'A pooler such as PgBouncer refuses the settings of a session. Set DIRECT_URL to PostgreSQL itself, beside DATABASE_URL.'

/** Whether a connection failed because a pooler refuses settings at the start of a session. */
export function isRefusedByPooler(error: unknown): boolean {
  return error instanceof Error && /unsupported startup parameter/.test(error.message)
}

/** The process id that the server named when the connection was opened. A pooler names one of its own. */
export function processIdOf(client: pg.ClientBase): number | null {
  return 'processID' in client && typeof client.processID === 'number' ? client.processID : null
}

interface Row {
  pid: number
  role: string
  schema: string | null
  settings: Readonly<Record<string, string>>
}

const readSettings = `
  SELECT pg_backend_pid() AS "pid", quote_ident(current_user) AS "role", current_schema()::text AS "schema",
    (SELECT json_object_agg(name, setting) FROM pg_settings
     WHERE name IN ('statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout', 'bytea_output')
    ) AS "settings"`

function findRemedies({ role, schema, settings }: Row): string[] {
  const unlimited = Object.entries(timeoutsMs).filter(([name, limit]) => {
    const value = Number(settings[name])
    return value === 0 || value > limit
  })
  return [
    ...unlimited.map(([name, limit]) => `${name} = '${limit}ms'`),
    ...(schema === 'public' ? [] : ['search_path = public']),
    ...(settings.bytea_output === 'hex' ? [] : ['bytea_output = hex']),
  ].map((setting) => `ALTER ROLE ${role} SET ${setting};`)
}

/**
 * Whether a pooler gives prepared statements names of its own, by which it finds or prepares them on every server
 * connection, as PgBouncer does since 1.21. Otherwise a statement is known to one server connection only.
 */
async function hasNamesReplaced(client: pg.ClientBase): Promise<boolean> {
  const name = `probe_${randomUUID()}`
  await client.query('BEGIN')
  await client.query({ name, text: 'SELECT 1' })
  const { rowCount } = await client.query('SELECT FROM pg_prepared_statements WHERE name = $1', [name])
  // Another client of the pooler would find it there.
  if (rowCount) await client.query(`DEALLOCATE "${name}"`)
  await client.query('COMMIT')
  return rowCount === 0
}
