import path from 'node:path'
import type pg from 'pg'
import { openConnection, withConnection } from '../../server/core/database/connection.js'
import { startEmbeddedPostgres } from '../../server/development/embedded-postgres/embedded-postgres.js'
import { type CutProxy, createCutProxy } from '../../server/testing/cut-proxy.js'
import { type MailServer, startMailServer } from '../support/mail-server.js'
import { createSignedInPeople } from '../support/people.js'
import { type Server, startServer } from '../support/server-process.js'
import { productionSettings, startDatabase } from '../support/settings.js'
import type { Person } from './traffic.js'

/** A server and its database for one fault, with the proxy between them. */
export interface World {
  server: Server
  /** The duration of its start. */
  startMs: number
  settings: Readonly<Record<string, string>>
  proxy: CutProxy
  mail: MailServer
  people: readonly Person[]
  admin: Person
  /** A superuser's connection to the database of the server, without the proxy. */
  database: pg.Client
  databaseName: string
  /** Opens another such connection, which is closed together with the world. */
  connect(): Promise<pg.Client>
  postgres: { stop(): Promise<void>; start(): Promise<void> }
  extent: Extent
  /** Ends all processes, and drops the database. */
  close(): Promise<void>
}

/** The load and the durations of a run; times are in milliseconds. */
export interface Extent {
  /** The clients that create posts: more than the server has connections. */
  writers: number
  /** The maximum duration of a fault. */
  mostCause: number
  /** How long the server is observed before the fault, once each client got a response. */
  before: number
  /** The minimum time of observation after the fault. */
  after: number
}

/** A PostgreSQL with a database that each world copies. The faults of one lane run one after the other. */
export interface Lane {
  createWorld(options: { delayMs: number }): Promise<World>
  close(): Promise<void>
}

const role = { name: 'app', password: 'app' }

export async function openLane(extent: Extent): Promise<Lane> {
  const [postgres, mail] = await Promise.all([startDatabase({ max_connections: '120' }), startMailServer()])
  const settings = { ...(await productionSettings(postgres.url)), SMTP_URL: mail.url }
  const people = await createSignedInPeople(settings, 35)
  await query(postgres.url, createRole)
  let worlds = 0
  return {
    async createWorld({ delayMs }) {
      const databaseName = `world_${worlds++}`
      await query(databaseUrl(postgres.url, 'postgres'), `CREATE DATABASE ${databaseName} TEMPLATE test`)
      return createWorld({ postgresUrl: postgres.url, mail, settings, people, databaseName, delayMs, extent })
    },
    async close() {
      mail.close()
      await postgres.stop()
    },
  }
}

// The server is no superuser, so that it cannot use connections that are reserved for superusers. As a member of the role that
// owns the tables, it sees those of the job queue, which have row level security.
const createRole = `
  CREATE ROLE ${role.name} LOGIN PASSWORD '${role.password}';
  GRANT ALL ON ALL TABLES IN SCHEMA public TO ${role.name};
  GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO ${role.name};
  GRANT CREATE ON SCHEMA public TO ${role.name};
  DO $$ BEGIN EXECUTE format('GRANT %I TO ${role.name}', current_user); END $$`

interface WorldParts {
  postgresUrl: string
  mail: MailServer
  settings: Readonly<Record<string, string>>
  people: Awaited<ReturnType<typeof createSignedInPeople>>
  databaseName: string
  delayMs: number
  extent: Extent
}

async function createWorld(parts: WorldParts): Promise<World> {
  const { postgresUrl, mail, settings, people, databaseName, delayMs, extent } = parts
  const url = databaseUrl(postgresUrl, databaseName)
  const proxy = await createCutProxy(url, { delayMs })
  const serverUrl = Object.assign(new URL(proxy.url), { username: role.name, password: role.password }).href
  const ownSettings = { ...settings, DATABASE_URL: serverUrl }
  const startedAt = performance.now()
  const server = await startServer(ownSettings)
  const startMs = performance.now() - startedAt
  const clients: pg.Client[] = []
  const connect = async () => {
    const client = await openConnection(url)
    clients.push(client)
    return client
  }
  return {
    ...people,
    server,
    startMs,
    settings: ownSettings,
    proxy,
    mail,
    databaseName,
    extent,
    connect,
    database: await connect(),
    postgres: await controlPostgres(postgresUrl),
    async close() {
      await server.kill()
      await Promise.all(clients.map((client) => client.end().catch(() => {})))
      await proxy.close()
      await query(databaseUrl(postgresUrl, 'postgres'), `DROP DATABASE ${databaseName} WITH (FORCE)`)
    },
  }
}

/** Restarts the server with the same files and, unless another program uses it, on the same port. */
async function controlPostgres(url: string): Promise<World['postgres']> {
  const folder = await query(url, 'SHOW data_directory')
  const options = { dataDir: path.resolve(folder, '../..'), database: 'test', settings: { max_connections: '120' } }
  return {
    stop: async () => (await startEmbeddedPostgres(options)).stop(),
    start: async () => void (await startEmbeddedPostgres(options)),
  }
}

function databaseUrl(url: string, database: string): string {
  return Object.assign(new URL(url), { pathname: `/${database}` }).href
}

/** @returns the first value of the last row */
async function query(url: string, sql: string): Promise<string> {
  const { rows } = await withConnection(url, (client) => client.query<Record<string, string>>(sql))
  return Object.values(rows?.at(-1) ?? {})[0] ?? ''
}
