import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { TestProject } from 'vitest/node'
import { loadCommandConfig, readEnvironment } from '../config.js'
import { withConnection } from '../core/database/connection.js'
import { timeoutsMs } from '../core/database/connection-options.js'
import { applyMigrations } from '../core/database/migrations/migrate.js'
import { createPasswords } from '../core/security/passwords.js'
import { createSigningKey } from '../core/security/signing-keys.js'
import { startThrowawayPostgres } from '../development/embedded-postgres/throwaway.js'
import { startPgBouncer } from './pgbouncer.js'
import { testPassword, testPepper } from './secrets.js'
import { failUnlessSettled } from './settled-setup.js'

declare module 'vitest' {
  interface ProvidedContext {
    /** A database for statements such as `CREATE DATABASE`. */
    postgresUrl: string
    /** The same server through PgBouncer, for the apps of tests; empty unless the run has TEST_POOLER. */
    poolerUrl: string
    /** The URL of the Redis for rate limits; empty if PostgreSQL counts them. */
    redisUrl: string
    /** A migrated, empty database that each test file clones. */
    templateName: string
    /** The hash of `testPassword`, created once, because each takes 0.2 s at cost 12. */
    passwordHash: string
    signingKeys: string
    /** Where each test file writes the errors that it has provoked. */
    outcomesFile: string
    /** How `npm run bench -- contract` runs the contract suite; otherwise undefined. */
    contract?: { seed: number; minutes: number; only: string }
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
  const pooler = readEnvironment().TEST_POOLER ? await startPooler(server.url) : undefined
  project.provide('poolerUrl', pooler?.url ?? '')
  project.provide('redisUrl', loadCommandConfig().redisUrl ?? '')
  project.provide('templateName', templateName)
  const outcomesFile = path.join(mkdtempSync(path.join(tmpdir(), 'outcomes-')), 'outcomes.txt')
  writeFileSync(outcomesFile, '')
  project.provide('outcomesFile', outcomesFile)
  project.provide('passwordHash', await passwords.hash(testPassword, { ip: '127.0.0.1' }))
  project.provide('signingKeys', JSON.stringify({ keys: [await createSigningKey()] }))
  return async () => {
    await query(server.url, `DROP DATABASE ${templateName} WITH (FORCE)`)
    await pooler?.stop()
    await server.stop()
    const outcomes = readFileSync(outcomesFile, 'utf8')
    rmSync(path.dirname(outcomesFile), { recursive: true })
    if (!(await isWholeSuite(project))) return
    const { failIfUnprovoked } = await import('./declared-errors.js')
    failIfUnprovoked(outcomes)
  }
}

/** Whether the run includes every test of the suite, so that what it did not provoke is provoked by no test. */
async function isWholeSuite({ vitest }: TestProject): Promise<boolean> {
  const suite = vitest.projects.find(({ name }) => name === 'suite')
  const { testFiles } = (await suite?.globTestFiles()) ?? { testFiles: [] }
  const run = new Set(vitest.state.getFiles().map(({ filepath }) => filepath))
  const isWhole = testFiles.length > 0 && testFiles.every((file) => run.has(file))
  return isWhole && !vitest.getGlobalTestNamePattern()
}

async function findServer(): Promise<{ url: string; stop(): Promise<void> }> {
  const { testUrl } = loadCommandConfig().database
  if (testUrl) return { url: testUrl, stop: async () => {} }
  return startThrowawayPostgres({ max_connections: '400' })
}

/** Starts PgBouncer, with the time limits of the role that the deploy guide requires. */
async function startPooler(serverUrl: string) {
  const limits = Object.entries(timeoutsMs).map(([name, limit]) => `ALTER ROLE CURRENT_USER SET ${name} = ${limit}`)
  await query(serverUrl, limits.join('; '))
  return startPgBouncer(serverUrl)
}

export function databaseUrl(serverUrl: string, database: string): string {
  const url = new URL(serverUrl)
  url.pathname = `/${database}`
  return url.href
}

async function query(url: string, sql: string): Promise<void> {
  await withConnection(url, (client) => client.query(sql))
}
