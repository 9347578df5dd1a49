import pg, { type ClientConfig } from 'pg'

// In milliseconds. After these times, a request gets 503 and the connection is free again (security.md S42). A
// statement ends before the socket is closed, so that PostgreSQL reports the reason.
const statementTimeoutMs = 4_500
const lockTimeoutMs = 2_000
const idleInTransactionMs = 10_000
const connectTimeoutMs = 2_000
// What is not a request can wait longer, such as a command on a machine that is busy.
const patientConnectTimeoutMs = 5_000

/**
 * The settings of every session of this process, whatever the role, the database or the URL contain: `-c` arguments of
 * the startup packet precede the settings of role and database, and the last of two counts. The zone must be UTC
 * because Prisma's adapter writes times without an offset. The schema must be `public`, which the adapter names in its
 * statements, so that raw SQL and migrations use the same one.
 */
const sessionSettings = ['TimeZone=UTC', 'search_path=public', 'DateStyle=ISO', 'bytea_output=hex']

const understood = new Set([
  'application_name',
  'channel_binding',
  'host',
  'options',
  'pgbouncer',
  'port',
  'schema',
  'ssl',
  'sslcert',
  'sslkey',
  'sslmode',
  'sslnegotiation',
  'sslrootcert',
])

const remedies: Readonly<Record<string, string>> = {
  connection_limit: 'Set DATABASE_POOL_MAX instead.',
  pool_timeout: 'A request waits at most 2 seconds for a connection.',
  connect_timeout: 'A connection may take at most 2 seconds.',
  statement_timeout: 'Statements are cancelled after 4.5 seconds.',
  timezone: 'Sessions always use UTC.',
}

// The driver replaces other values with one of these, and rarely with the intended one.
const choices: Readonly<Record<string, RegExp>> = {
  channel_binding: /^(disable|prefer|require)$/,
  port: /^\d*$/,
  ssl: /^(true|false|1|0)$/,
  sslmode: /^(disable|require|verify-ca|verify-full|no-verify)$/,
  // Settings of the session, one after the other: -c name=value or --name=value.
  options: /^\s*((-c\s*|--)[\w.-]+=(\\.|\S)*(\s+|$))*$/,
}

/**
 * Explains which parts of a database URL have no effect, with one sentence for each.
 *
 * @param url a `postgresql://` URL
 */
export function findDatabaseUrlFaults(url: string): string[] {
  if (!URL.canParse(url)) return ['must be like postgresql://user:password@host:5432/database.']
  const { searchParams } = new URL(url)
  const names = [...searchParams.keys()]
  const unknown = names.filter((name) => !understood.has(name))
  const repeated = names.filter((name, index) => names.indexOf(name) < index)
  const wrong = Object.keys(choices).filter((name) => {
    const value = searchParams.get(name)
    return value !== null && !choices[name]?.test(value)
  })
  const faults = [
    ...unknown.map((name) => `has the parameter ${name}, which has no effect. ${remedyOf(name)}`),
    ...(isOtherSchema(searchParams.get('schema')) ? [otherSchema] : []),
    ...(isOn(searchParams.get('pgbouncer')) ? [behindPooler] : []),
    ...optionFaults(searchParams.get('options') ?? ''),
    ...repeated.map((name) => `has the parameter ${name} more than once.`),
    ...wrong.map((name) => `has a ${name} that cannot be honoured.`),
  ]
  return faults.length > 0 ? faults : driverFaults(url)
}

// For example, a certificate file that does not exist.
function driverFaults(url: string): string[] {
  const build = () => new pg.Client(connectionOptions(url))
  try {
    build()
    return []
  } catch (error) {
    return [`cannot be used: ${error instanceof Error ? error.message : 'the driver rejects it'}.`]
  }
}

function remedyOf(name: string): string {
  return `${remedies[name.toLowerCase()] ?? ''} Remove it from the URL.`.trim()
}

function isOtherSchema(schema: string | null): boolean {
  return schema !== null && schema !== 'public'
}

function isOn(value: string | null): boolean {
  return value !== null && value !== 'false'
}

const otherSchema =
  'selects a schema. The tables are always in the schema public. Use a separate database, and remove schema from the URL.'

const behindPooler =
  'selects PgBouncer. Sessions depend on settings and prepared statements, which a pooler in transaction mode loses. ' +
  'Connect to PostgreSQL directly, or to a pooler in session mode, and remove pgbouncer from the URL.'

// PostgreSQL's two forms: `-c name=value` and `--name=value`, with - for _ in the second.
function optionFaults(options: string): string[] {
  return [...options.matchAll(/(?:-c\s*|--)([\w.-]+)\s*=\s*((?:\\.|\S)*)/g)].flatMap(([, given = '', value = '']) => {
    const name = given.replaceAll('-', '_').toLowerCase()
    if (name === 'timezone' && !/^'?(utc|etc\/utc|gmt|0)'?$/i.test(value)) return [otherZone(value)]
    if (name === 'search_path' && !/^"?public"?$/i.test(value)) return [otherSchema]
    return []
  })
}

function otherZone(zone: string): string {
  return `sets the time zone ${zone}. Sessions always use UTC: remove TimeZone from its options.`
}

/**
 * The options of every connection of this process. Time zone, schema, timeouts, keep-alive and name are set so that the
 * URL cannot change them; other options of the URL are kept.
 *
 * @param url a `postgresql://` URL without the faults that {@link findDatabaseUrlFaults} reports
 * @param hasTimeouts whether statements have the time limits of requests; migrations have none
 */
export function connectionOptions(url: string, { hasTimeouts = true } = {}): ClientConfig {
  const cleaned = new URL(url)
  const { searchParams } = cleaned
  const given = searchParams.get('options')
  const isChannelBound = searchParams.get('channel_binding') === 'require'
  for (const name of ['options', 'schema', 'pgbouncer', 'application_name', 'channel_binding'])
    searchParams.delete(name)
  return {
    connectionString: cleaned.href,
    options: [...(given ? [given] : []), ...sessionSettings.map((setting) => `-c ${setting}`)].join(' '),
    application_name: 'api',
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    connectionTimeoutMillis: hasTimeouts ? connectTimeoutMs : patientConnectTimeoutMs,
    enableChannelBinding: isChannelBound,
    ...(hasTimeouts && {
      statement_timeout: statementTimeoutMs,
      lock_timeout: lockTimeoutMs,
      idle_in_transaction_session_timeout: idleInTransactionMs,
    }),
  }
}
