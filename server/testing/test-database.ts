import { randomBytes } from 'node:crypto'
import { pino } from 'pino'
import { inject } from 'vitest'
import { createDatabase } from '../core/database/client.js'
import { withConnection } from '../core/database/connection.js'
import { ConnectionPool } from '../core/database/pool.js'

/** Creates a database for one test file: a clone of the migrated template, or an empty one. */
export async function createTestDatabase({ empty = false } = {}): Promise<{ url: string; drop(): Promise<void> }> {
  const name = `test_${randomBytes(8).toString('hex')}`
  await administer(`CREATE DATABASE ${name} TEMPLATE ${empty ? 'template0' : inject('templateName')}`)
  const url = new URL(inject('postgresUrl'))
  url.pathname = `/${name}`
  return { url: url.href, drop: () => administer(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) }
}

async function administer(sql: string): Promise<void> {
  await withConnection(inject('postgresUrl'), (client) => client.query(sql))
}

interface OpenOptions {
  /** The maximum number of connections; some are reserved for limits, session checks and readiness. */
  max?: number
  onStatement?: (sql: string) => void
}

/** Opens a database client without an app; `$disconnect` closes it. */
export function openDatabase(url: string, { max = 8, ...options }: OpenOptions = {}) {
  return createDatabase({ pool: new ConnectionPool({ url, max, log: pino({ level: 'silent' }) }), ...options })
}
