import pg, { type ClientConfig } from 'pg'

// In milliseconds. After these times, a request gets 503 and the connection is free again (security.md S42). A
// statement ends before the socket is closed, so that PostgreSQL reports the reason.
export const timeoutsMs = {
  statement_timeout: 4_500,
  lock_timeout: 2_000,
  idle_in_transaction_session_timeout: 10_000,
}
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
  if (!URL.canParse(url)) return [malformedUrl]
  if (hasBareCharacters(url)) return [unencoded]
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

const encoding = 'In its user and password, write @ as %40, / as %2F, # as %23, ? as %3F, : as %3A and % as %25.'

/** The fault of what is no URL of a database. It says nothing of the value, which may contain a password. */
export const malformedUrl = `must be like postgresql://user:password@host:5432/database. ${encoding}`

const unencoded = `has an @ or # after the host, so a part of its password would count as the host. ${encoding}`

// Without this, `postgresql://app:a@b/c@host/app` connects to the host `b`, and errors and logs name it.
function hasBareCharacters(url: string): boolean {
  const { pathname, search } = new URL(url)
  return (pathname + search).includes('@') || url.includes('#')
}

function isOtherSchema(schema: string | null): boolean {
  return schema !== null && schema !== 'public'
}

const otherSchema =
  'selects a schema. The tables are always in the schema public. Use a separate database, and remove schema from the URL.'

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
 * @param hasTimeouts whether statements have the time limits of requests; migrations have none, also if the role has
 * @param isPooled whether the URL leads to a pooler in transaction mode, which refuses settings at the start of a session
 */
export function connectionOptions(url: string, { hasTimeouts = true, isPooled = false } = {}): ClientConfig {
  const cleaned = new URL(url)
  const { searchParams } = cleaned
  const given = searchParams.get('options')
  const isChannelBound = searchParams.get('channel_binding') === 'require'
  for (const name of ['options', 'schema', 'pgbouncer', 'application_name', 'channel_binding'])
    searchParams.delete(name)
  const unlimited = hasTimeouts ? [] : Object.keys(timeoutsMs).map((name) => `${name}=0`)
  const settings = [...sessionSettings, ...unlimited].map((setting) => `-c ${setting}`)
  return {
    connectionString: cleaned.href,
    ...(!isPooled && { options: [...(given ? [given] : []), ...settings].join(' ') }),
    application_name: 'api',
    // Otherwise the driver reads them from the environment. Those of the URL count first.
    client_encoding: 'UTF8',
    sslnegotiation: 'postgres',
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    connectionTimeoutMillis: hasTimeouts ? connectTimeoutMs : patientConnectTimeoutMs,
    enableChannelBinding: isChannelBound,
    ...(hasTimeouts && !isPooled && timeoutsMs),
  }
}
