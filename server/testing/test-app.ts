import { createTRPCClient, httpLink } from '@trpc/client'
import type { FastifyInstance } from 'fastify'
import superjson from 'superjson'
import { afterAll, inject } from 'vitest'
import { buildApp } from '../app.js'
import { type Config, type Environment, loadConfig } from '../config.js'
import { createContainer } from '../container.js'
import type { Logger } from '../core/logger.js'
import type { AppRouter } from '../router.js'
import { createFakeClock, type FakeClock } from './fake-clock.js'
import { createFakeMailer } from './fake-mailer.js'
import { databaseUrl } from './global-setup.js'
import { injectFetch, restClient } from './inject.js'
import { patientDeadlineMs } from './rate-limit-stores.js'
import { testPepper, testTokenSecret } from './secrets.js'
import { createStatementRecorder } from './statement-recorder.js'
import { createTestDatabase, openDatabase } from './test-database.js'

/** The credential of a client; see `signIn` in the factories. */
export interface TestSession {
  accessToken: string
}

export type TestApp = Awaited<ReturnType<typeof createTestApp>>

interface TestAppOptions {
  /** Settings that replace those of a test. */
  environment?: Environment
  clock?: FakeClock
  log?: Logger
  /** Builds the HTTP server; {@link buildApp} by default. */
  build?: typeof buildApp
  /** The address of an existing database, which the caller drops; for a second instance. */
  databaseUrl?: string
}

/**
 * Starts an app on a separate database. Only the clock, the mailer and the network are fakes. `db` is the test's own
 * access to the database, which is not recorded. `close` fails the file if a statement of the app reads soft-deleted
 * rows, lacks an index or does not set `updatedAt`.
 */
export async function createTestApp(options: TestAppOptions = {}) {
  const database = options.databaseUrl ? null : await createTestDatabase()
  const config = testConfig(options.databaseUrl ?? database?.url ?? '', options.environment)
  const clock = options.clock ?? createFakeClock()
  const mailer = createFakeMailer()
  const recorder = createStatementRecorder()
  const container = createContainer(config, {
    clock,
    mailer,
    onStatement: recorder.onStatement,
    limitsDeadlineMs: patientDeadlineMs,
    ...(options.log && { log: options.log }),
  })
  const { build = buildApp } = options
  const app = await build(container)
  await app.ready()
  const db = openDatabase(config.database.directUrl ?? '')
  return {
    app,
    container,
    db,
    config,
    clock,
    mailer,
    recorder,
    client: (session?: TestSession) => createClient(app, session),
    rest: (session?: TestSession) => restClient(app, session?.accessToken),
    async close() {
      await app.close()
      await container.close()
      await db.$disconnect()
      await database?.drop()
      recorder.assertGuarded()
      recorder.assertIndexed()
      recorder.assertTimed()
    },
  }
}

/**
 * Starts an app for all tests of a file and closes it after them. Await it at the top of the file: if it fails, that is
 * the only error, because the tests and hooks below are never declared.
 */
export async function startTestApp(options: TestAppOptions = {}): Promise<TestApp> {
  const t = await createTestApp(options)
  afterAll(() => t.close())
  return t
}

/** The settings of tests. */
function testConfig(url: string, environment: Environment = {}): Config {
  return loadConfig({
    NODE_ENV: 'test',
    ...throughPooler(url),
    DATABASE_POOL_MAX: '11',
    REDIS_URL: inject('redisUrl'),
    PUBLIC_URL: 'http://localhost:3000',
    APP_URL: 'http://app.localhost:5173',
    CORS_ORIGINS: 'http://app.localhost:5173',
    JWT_PRIVATE_KEYS: inject('signingKeys'),
    PASSWORD_PEPPER: testPepper,
    TOKEN_SECRET: testTokenSecret,
    ...environment,
  })
}

/** The app uses PgBouncer if the run does; the test itself never does. */
function throughPooler(url: string): Environment {
  const pooler = inject('poolerUrl')
  if (!pooler || !url) return { DATABASE_URL: url }
  return { DATABASE_URL: databaseUrl(pooler, new URL(url).pathname.slice(1)), DIRECT_URL: url }
}

function createClient(app: FastifyInstance, session?: TestSession) {
  const headers = session ? { authorization: `Bearer ${session.accessToken}` } : {}
  return createTRPCClient<AppRouter>({
    links: [httpLink({ url: 'http://localhost:3000/trpc', transformer: superjson, headers, fetch: injectFetch(app) })],
  })
}
