import { randomBytes } from 'node:crypto'
import type { TestProject } from 'vitest/node'
import { loadCommandConfig } from '../config.js'
import { withConnection } from '../core/database/connection.js'
import { applyMigrations } from '../core/database/migrations/migrate.js'
import { createPasswords } from '../core/security/passwords.js'
import { createSigningKey } from '../core/security/signing-keys.js'
import { startThrowawayPostgres } from '../development/embedded-postgres/throwaway.js'
import { testPassword, testPepper } from './secrets.js'
import { failUnlessSettled } from './settled-setup.js'

declare module 'vitest' {
  interface ProvidedContext {
    /** A database for statements such as `CREATE DATABASE`. */
    postgresUrl: string
    /** The URL of the Redis for rate limits; empty if PostgreSQL counts them. */
    redisUrl: string
    /** A migrated, empty database that each test file clones. */
    templateName: string
    /** The hash of `testPassword`, created once, because each takes 0.2 s at cost 12. */
    passwordHash: string
    signingKeys: string
  }
}

/** Starts PostgreSQL (or uses `DATABASE_URL_TEST`), and creates what all test files share. */
export default function setup(project: TestProject): Promise<() => Promise<void>> {
  return failUnlessSettled(() => prepare(project))
}

async function prepare(project: TestProject): Promise<() => Promise<void>> {
  const server = await findServer()
  const templateName = `template_${randomBytes(6).toString('hex')}`
  await query(server.url, `CREATE DATABASE ${templateName}`)
  await applyMigrations(databaseUrl(server.url, templateName))
  const passwords = createPasswords({ pepper: testPepper, minLength: 15, application: 'app' })
  project.provide('postgresUrl', server.url)
  project.provide('redisUrl', loadCommandConfig().redisUrl ?? '')
  project.provide('templateName', templateName)
  project.provide('passwordHash', await passwords.hash(testPassword, { ip: '127.0.0.1' }))
  project.provide('signingKeys', JSON.stringify({ keys: [await createSigningKey()] }))
  return async () => {
    await query(server.url, `DROP DATABASE ${templateName} WITH (FORCE)`)
    await server.stop()
  }
}

async function findServer(): Promise<{ url: string; stop(): Promise<void> }> {
  const { testUrl } = loadCommandConfig().database
  if (testUrl) return { url: testUrl, stop: async () => {} }
  return startThrowawayPostgres({ max_connections: '400' })
}

export function databaseUrl(serverUrl: string, database: string): string {
  const url = new URL(serverUrl)
  url.pathname = `/${database}`
  return url.href
}

async function query(url: string, sql: string): Promise<void> {
  await withConnection(url, (client) => client.query(sql))
}
