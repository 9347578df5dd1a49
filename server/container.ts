import { type Clock, systemClock } from './clock.js'
import type { Config } from './config.js'
import { createDatabase, type Database, openConnections } from './database/client.js'
import { createMigrationsCheck } from './database/readiness.js'
import { createRetention } from './database/retention.js'
import { createAuditService } from './features/audit/service.js'
import { createAuthService } from './features/auth/service.js'
import { createSessionsService } from './features/auth/sessions-service.js'
import { createMailService } from './features/mail/service.js'
import { readOwnPosts } from './features/posts/own-rows.js'
import { createPostsService } from './features/posts/service.js'
import { createUsersService } from './features/users/service.js'
import type { Readiness } from './http/health.js'
import { createLogger, type Logger } from './logger.js'
import { createMailer, type Mailer } from './mail/mailer.js'
import { createMailWorker } from './mail/worker.js'
import { type AccessTokens, createAccessTokens } from './security/access-tokens.js'
import { createLoginThrottle, type LoginThrottle } from './security/login-throttle.js'
import { createPasswords, type Passwords } from './security/passwords.js'
import { createRateLimits } from './security/rate-limits.js'

/** What the outside world gives a process; tests fake these and nothing else. */
interface Surroundings {
  clock?: Clock
  mailer?: Mailer
  log?: Logger
  onStatement?: (sql: string) => void
}

export type Container = ReturnType<typeof createContainer>
export type Services = ReturnType<typeof createServices>

/**
 * Builds every service once, in order. Nothing connects before it is used; `start` runs the mail worker and the hourly
 * clean-up and opens the connections, and `close` ends what was opened.
 */
export function createContainer(config: Config, surroundings: Surroundings = {}) {
  const { clock = systemClock, log = createLogger(config), mailer = createMailer(config) } = surroundings
  const url = config.database.url ?? ''
  const db = createDatabase({ url, poolMax: config.database.poolMax, log, ...pick(surroundings) })
  const limits = createRateLimits({ databaseUrl: url, redisUrl: config.redisUrl, log })
  const accessTokens = createAccessTokens({ config, clock })
  const throttle = createLoginThrottle({ limits, log })
  const { passwordPepper: pepper, passwordMinLength: minLength } = config.identity
  const passwords = createPasswords({ pepper, minLength })
  const services = createServices({ config, clock, log, db, limits, accessTokens, throttle, passwords })
  const mailWorker = createMailWorker({ config, db, clock, log, mailer })
  const retention = createRetention({ db, clock, log, auditAnonymousDays: config.auditAnonymousDays })
  const readiness = createReadiness(db, url)
  return {
    config,
    clock,
    log,
    db,
    limits,
    accessTokens,
    throttle,
    passwords,
    services,
    mailWorker,
    readiness,
    async start() {
      mailWorker.start()
      retention.start()
      await Promise.all([openConnections(db, config.database.poolMax), limits.open()])
    },
    async close() {
      retention.stop()
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
    posts: createPostsService({ db, clock, audit }),
    mail: createMailService({ db, clock, audit }),
  }
}

function createReadiness(db: Database, url: string): Readiness & { startDraining(): void } {
  let isDraining = false
  const database = async () => void (await db.$queryRaw`SELECT 1`)
  return {
    checks: { database, migrations: createMigrationsCheck(url) },
    isDraining: () => isDraining,
    startDraining() {
      isDraining = true
    },
  }
}

function pick({ onStatement }: Surroundings): Pick<Surroundings, 'onStatement'> {
  return onStatement ? { onStatement } : {}
}
