import type { Config } from './config.js'
import type { Authenticator } from './core/actor.js'
import { type Clock, systemClock } from './core/clock.js'
import { createDatabase, type Database } from './core/database/client.js'
import { borrowAs, ConnectionPool } from './core/database/pool.js'
import { createDatabaseChecks } from './core/database/readiness.js'
import { createCallLimit } from './core/http/call-limit.js'
import type { Readiness } from './core/http/health.js'
import { checkJobs } from './core/jobs/checks.js'
import { workerConnections } from './core/jobs/connections.js'
import { readQueueState } from './core/jobs/queue.js'
import { createJobWorker } from './core/jobs/worker.js'
import { createLogger, type Logger, type ReportError } from './core/logger.js'
import { createDelivery } from './core/mail/delivery.js'
import { createMailer, type Mailer } from './core/mail/mailer.js'
import { createSmtpMailer } from './core/mail/smtp-mailer.js'
import type { Occupancy } from './core/metrics.js'
import { type AccessTokens, createAccessTokens } from './core/security/access-tokens.js'
import { createLoginThrottle, type LoginThrottle } from './core/security/login-throttle.js'
import { createPasswords, type Passwords } from './core/security/passwords.js'
import { createRateLimits } from './core/security/rate-limits.js'
import { createApiKeysService } from './features/api-keys/service.js'
import { createDigestService, createDigestTemplates } from './features/audit/digest.js'
import { createAuditService } from './features/audit/service.js'
import { createAccountMailTemplates } from './features/auth/mails.js'
import { createAuthService } from './features/auth/service.js'
import { createJobsService } from './features/jobs/service.js'
import { createMailService } from './features/mail/service.js'
import { createPostsService } from './features/posts/service.js'
import { createSessionsService } from './features/sessions/service.js'
import { createUsersService } from './features/users/service.js'
import { appJobs } from './jobs.js'

/** The external dependencies of a process. Tests replace these and nothing else. */
export interface Surroundings {
  clock?: Clock
  mailer?: Mailer
  log?: Logger
  onStatement?: (sql: string) => void
  /** Sends unexpected errors to a service that tracks them. */
  reportError?: ReportError
  /** How long limits wait for their store, in milliseconds. */
  limitsDeadlineMs?: number
}

export type Container = ReturnType<typeof createContainer>
export type Services = ReturnType<typeof createServices>

// In the two seconds in which a call waits for a connection, each connection serves more than this.
const callsPerConnection = 10

/**
 * Creates all services once, in order. Nothing connects before its first use. `start` opens the connections, and runs the
 * workers unless the process only serves; `close` ends them.
 *
 * @throws Error naming the job if one lacks a required declaration
 */
export function createContainer(config: Config, surroundings: Surroundings = {}) {
  checkJobs(appJobs)
  const { clock = systemClock, mailer = createConfiguredMailer(config), reportError } = surroundings
  const { log = createLogger(config, undefined, reportError) } = surroundings
  const { url = '', directUrl: databaseUrl = '', isPooled, poolMax } = config.database
  const doesWork = config.role !== 'web'
  const connections = poolMax - (doesWork ? workerConnections : 0)
  const pool = new ConnectionPool({ url, isPooled, max: connections, log })
  const db = createDatabase({ pool, onStatement: surroundings.onStatement })
  const limits = createRateLimits({ pool, redis: redisOf(config), log, deadlineMs: surroundings.limitsDeadlineMs })
  const accessTokens = createAccessTokens({ config, clock })
  const throttle = createLoginThrottle({ limits, log })
  const { passwordPepper: pepper, passwordMinLength: minLength } = config.identity
  const passwords = createPasswords({ pepper, minLength, application: config.app.name })
  const parts = { config, clock, log, db, limits, accessTokens, throttle, passwords }
  const services = createServices(parts)
  const jobs = createJobs(databaseUrl, { ...parts, mailer }, services)
  return {
    ...parts,
    services,
    authenticator: createAuthenticator(services),
    calls: createCallLimit(connections * callsPerConnection),
    jobs,
    readiness: createReadiness(pool),
    occupancy: () => readOccupancy(pool, parts),
    async start() {
      if (doesWork) jobs.start()
      await pool.open()
    },
    async close() {
      await jobs.stop()
      mailer.close()
      await limits.close()
      await db.$disconnect()
    },
  }
}

async function readOccupancy(pool: ConnectionPool, { db, passwords }: Parts): Promise<Occupancy> {
  const jobs = await borrowAs({ purpose: 'readiness' }, () => readQueueState(db)).catch(() => undefined)
  return { database: pool.occupancy(), passwords: passwords.occupancy(), jobs }
}

interface Parts {
  config: Config
  clock: Clock
  log: Logger
  db: Database
  limits: ReturnType<typeof createRateLimits>
  accessTokens: AccessTokens
  throttle: LoginThrottle
  passwords: Passwords
}

/** The credentials of a request: access tokens of sessions, and API keys. */
function createAuthenticator({ sessions, apiKeys }: Services): Authenticator {
  return {
    authenticate: (token) => (apiKeys.isKey(token) ? apiKeys.authenticate(token) : sessions.authenticate(token)),
    identifyUser: sessions.identifyUser,
    readAfresh: sessions.readAfresh,
  }
}

function createServices({ config, clock, log, db, limits, accessTokens, throttle, passwords }: Parts) {
  const { tokenSecret } = config.identity
  const audit = createAuditService({ db })
  const sessions = createSessionsService({ db, clock, log, audit, accessTokens, tokenSecret })
  // Their rows belong to users: the export of an account reads them, and erasing an account overwrites them.
  const resources = {
    posts: createPostsService({ db, clock, audit }),
  }
  return {
    audit,
    sessions,
    auth: createAuthService({ db, clock, log, passwords, sessions, audit, throttle, limits, tokenSecret }),
    users: createUsersService({ db, clock, passwords, sessions, audit, limits, resources }),
    apiKeys: createApiKeysService({ db, clock, log, audit, prefix: config.app.name }),
    mail: createMailService({ db, clock, audit }),
    jobs: createJobsService({ db, audit }),
    digest: createDigestService({ db, clock, isEnabled: config.hasWeeklyDigest }),
    ...resources,
  }
}

function redisOf({ app, redisUrl, database }: Config) {
  if (redisUrl === undefined) return undefined
  return { url: redisUrl, prefix: `${app.name}:${new URL(database.url ?? '').pathname.slice(1)}:limits` }
}

function mailTemplates({ app: { title }, http: { appUrl }, identity: { tokenSecret } }: Config, clock: Clock) {
  return {
    ...createAccountMailTemplates({ title, appUrl, tokenSecret, clock }),
    ...createDigestTemplates({ title }),
  }
}

function createConfiguredMailer({ mail: { smtpUrl } }: Config): Mailer {
  return createMailer(smtpUrl ? [createSmtpMailer(smtpUrl)] : [])
}

function createJobs(
  databaseUrl: string,
  { config, db, clock, log, limits, mailer }: Parts & { mailer: Mailer },
  services: Services,
) {
  const upkeep = { db, counters: limits.store }
  const templates = mailTemplates(config, clock)
  const delivery = createDelivery({ from: config.mail.from, templates, db, clock, mailer })
  return createJobWorker({
    databaseUrl,
    jobs: appJobs,
    services: { ...services, upkeep, delivery, settings: config },
    clock,
    log,
  })
}

function createReadiness(pool: ConnectionPool): Readiness & { startDraining(): void } {
  let isDraining = false
  return {
    checks: createDatabaseChecks(pool),
    isDraining: () => isDraining,
    startDraining() {
      isDraining = true
    },
  }
}
