import type { Config } from './config.js'
import type { Authenticator } from './core/actor.js'
import { createCleanup } from './core/cleanup.js'
import { type Clock, systemClock } from './core/clock.js'
import { createDatabase, type Database } from './core/database/client.js'
import { ConnectionPool } from './core/database/pool.js'
import { createDatabaseChecks } from './core/database/readiness.js'
import type { Readiness } from './core/http/health.js'
import { removeExpiredKeys } from './core/idempotency/create-once.js'
import { createLogger, type Logger } from './core/logger.js'
import { createMailer, type Mailer } from './core/mail/mailer.js'
import { createSmtpMailer } from './core/mail/smtp-mailer.js'
import { createMailWorker } from './core/mail/worker.js'
import { type AccessTokens, createAccessTokens } from './core/security/access-tokens.js'
import { createLoginThrottle, type LoginThrottle } from './core/security/login-throttle.js'
import { createPasswords, type Passwords } from './core/security/passwords.js'
import { createRateLimits } from './core/security/rate-limits.js'
import { createApiKeysService } from './features/api-keys/service.js'
import { createAuditService } from './features/audit/service.js'
import { createAccountMailTemplates } from './features/auth/mails.js'
import { createAuthService } from './features/auth/service.js'
import { createMailService } from './features/mail/service.js'
import { readOwnPosts } from './features/posts/list.js'
import { createPostsService } from './features/posts/service.js'
import { createSessionsService } from './features/sessions/service.js'
import { createUsersService } from './features/users/service.js'

/** The external dependencies of a process. Tests replace these and nothing else. */
export interface Surroundings {
  clock?: Clock
  mailer?: Mailer
  log?: Logger
  onStatement?: (sql: string) => void
  /** How long limits wait for their store, in milliseconds. */
  limitsDeadlineMs?: number
}

export type Container = ReturnType<typeof createContainer>
export type Services = ReturnType<typeof createServices>

// The mail worker uses a separate connection to listen for notifications.
const listeners = 1

/**
 * Creates all services once, in order. Nothing connects before its first use. `start` runs the mail worker and the
 * hourly cleanup and opens the connections; `close` ends them.
 */
export function createContainer(config: Config, surroundings: Surroundings = {}) {
  const { clock = systemClock, log = createLogger(config), mailer = createConfiguredMailer(config) } = surroundings
  const url = config.database.url ?? ''
  const pool = new ConnectionPool({ url, max: config.database.poolMax - listeners, log })
  const db = createDatabase({ pool, onStatement: surroundings.onStatement })
  const limits = createRateLimits({ pool, redis: redisOf(config), log, deadlineMs: surroundings.limitsDeadlineMs })
  const accessTokens = createAccessTokens({ config, clock })
  const throttle = createLoginThrottle({ limits, log })
  const { passwordPepper: pepper, passwordMinLength: minLength } = config.identity
  const passwords = createPasswords({ pepper, minLength, application: config.app.name })
  const parts = { config, clock, log, db, limits, accessTokens, throttle, passwords }
  const services = createServices(parts)
  const templates = mailTemplates(config, clock)
  const mailWorker = createMailWorker({ databaseUrl: url, from: config.mail.from, templates, db, clock, log, mailer })
  const cleanup = createCleanup({ clock, log, tasks: cleanupTasks(parts, services) })
  return {
    ...parts,
    services,
    authenticator: createAuthenticator(services),
    mailWorker,
    cleanup,
    readiness: createReadiness(pool),
    async start() {
      mailWorker.start()
      cleanup.start()
      await pool.open()
    },
    async close() {
      cleanup.stop()
      await mailWorker.stop()
      await limits.close()
      await db.$disconnect()
    },
  }
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
  return {
    audit,
    sessions,
    auth: createAuthService({ db, clock, log, passwords, sessions, audit, throttle, limits, tokenSecret }),
    users: createUsersService({
      db,
      clock,
      passwords,
      sessions,
      audit,
      limits,
      ownRows: {
        posts: readOwnPosts(db),
      },
    }),
    apiKeys: createApiKeysService({ db, clock, log, audit, prefix: config.app.name }),
    posts: createPostsService({ db, clock, audit }),
    mail: createMailService({ db, clock, audit }),
  }
}

function redisOf({ app, redisUrl, database }: Config) {
  if (redisUrl === undefined) return undefined
  return { url: redisUrl, prefix: `${app.name}:${new URL(database.url ?? '').pathname.slice(1)}:limits` }
}

function mailTemplates({ app: { title }, http: { appUrl }, identity: { tokenSecret } }: Config, clock: Clock) {
  return createAccountMailTemplates({ title, appUrl, tokenSecret, clock })
}

function createConfiguredMailer({ mail: { smtpUrl } }: Config): Mailer {
  return createMailer(smtpUrl ? [createSmtpMailer(smtpUrl)] : [])
}

// Users, their data and the rest of the audit trail are never deleted.
function cleanupTasks(
  { db, config: { auditAnonymousDays } }: Parts,
  { auth, sessions, apiKeys, mail, audit }: Services,
) {
  return {
    idempotencyKeys: (now: Date) => removeExpiredKeys({ db }, now),
    mailTokens: auth.removeExpiredTokens,
    registrations: auth.removeExpiredRegistrations,
    sessions: sessions.removeEnded,
    apiKeys: apiKeys.removeEnded,
    mails: mail.removeSettled,
    auditEvents: (now: Date) => audit.removeAnonymous(now, auditAnonymousDays),
  }
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
