import type { z } from 'zod'
import app from '../app.json' with { type: 'json' }
import { describeIssue } from './core/fields/messages/schema.js'
import { codeOf } from './core/unknown-values.js'
import { commandSettings, findContradictions, findDatabaseContradictions, serverSettings } from './settings.js'

/** Thrown by {@link loadConfig}; `faults` has one line for each missing or invalid setting. */
export class ConfigError extends Error {
  constructor(readonly faults: readonly string[]) {
    super(`The settings are incomplete or invalid:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`)
    this.name = 'ConfigError'
    // The faults lie in the environment, so that a stack trace would only hide them.
    this.stack = `${this.name}: ${this.message}`
  }
}

export type Config = ReturnType<typeof groupServer>
export type CommandConfig = ReturnType<typeof groupCommand>
export type Environment = Readonly<Record<string, string | undefined>>

/**
 * Parses the settings of the server into a frozen object. Nothing else reads the environment.
 *
 * @param environment names and values, as in `process.env`; empty values count as absent
 * @throws ConfigError with all faults
 */
export function loadConfig(environment: Environment = readEnvironment()): Config {
  return deepFreeze(groupServer(parse(serverSettings, environment, findContradictions)))
}

/**
 * Parses the settings of a command: the mode, the data folder and the database. It requires no secrets.
 *
 * @throws ConfigError with all faults
 */
export function loadCommandConfig(environment: Environment = readEnvironment()): CommandConfig {
  return deepFreeze(groupCommand(parse(commandSettings, environment)))
}

function parse<T extends z.ZodType>(
  schema: T,
  environment: Environment,
  findFaults: (given: Environment) => readonly string[] = () => [],
): z.output<T> {
  const present = withoutEmpty(environment)
  const parsed = schema.safeParse(present, { error: describeIssue })
  const issues = parsed.error?.issues.map(describeFault) ?? []
  const faults = [...issues, ...findFaults(present), ...findDatabaseContradictions(present)]
  if (!parsed.success || faults.length > 0) throw new ConfigError([...new Set(faults)])
  return parsed.data
}

/** The settings that are given: empty values count as absent. */
export function withoutEmpty(environment: Environment): Environment {
  return Object.fromEntries(Object.entries(environment).filter(([, value]) => value?.trim()))
}

/** The environment of the process. It takes precedence over an `.env` file in the current folder. */
export function readEnvironment(): Environment {
  loadDotEnv()
  return process.env
}

function loadDotEnv(): void {
  try {
    process.loadEnvFile('.env')
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
  }
}

function describeFault(issue: z.core.$ZodIssue): string {
  // The name of the setting is the subject of the sentence.
  return `${issue.path.join('.')} ${issue.message.replace(/^Must /, 'must ')}`
}

function groupCommand(values: z.output<typeof commandSettings>) {
  const isProduction = values.NODE_ENV === 'production'
  return {
    /** The name of the application for cookies, keys and folders, and its title for people. */
    app: { name: app.name, title: app.title },
    mode: values.NODE_ENV,
    isProduction,
    dataDir: values.DATA_DIR,
    seed: values.SEED,
    logLevel: values.LOG_LEVEL ?? (values.NODE_ENV === 'test' ? ('silent' as const) : ('info' as const)),
    listen: {
      host: values.HOST ?? (isProduction ? '0.0.0.0' : '127.0.0.1'),
      port: values.PORT ?? 3000,
      isPortGiven: values.PORT !== undefined,
    },
    database: groupDatabase(values),
    redisUrl: values.REDIS_URL,
    /** How many days ended sessions, links, keys, mails and failed jobs are kept, so that complaints can be investigated. */
    retentionDays: values.RETENTION_DAYS,
    auditAnonymousDays: values.AUDIT_ANONYMOUS_DAYS,
    auditDays: values.AUDIT_DAYS,
    hasWeeklyDigest: values.WEEKLY_DIGEST,
    /** Whether the process serves requests (`web`), works on jobs (`worker`), or does both (`all`). */
    role: values.PROCESS_ROLE,
  }
}

function groupDatabase({
  DATABASE_URL: url,
  DIRECT_URL: given,
  DATABASE_URL_TEST: testUrl,
  DATABASE_POOL_MAX,
}: Values) {
  return {
    url,
    /** Leads to PostgreSQL itself, for migrations, commands and listeners. */
    directUrl: given ?? url,
    /** Whether `url` leads to a pooler instead. */
    isPooled: given !== undefined && given !== url,
    testUrl,
    poolMax: DATABASE_POOL_MAX,
  }
}

type Values = z.output<typeof commandSettings>

function groupServer(values: z.output<typeof serverSettings>) {
  return {
    ...groupCommand(values),
    http: {
      publicUrl: values.PUBLIC_URL,
      appUrl: values.APP_URL ?? values.PUBLIC_URL,
      corsOrigins: values.CORS_ORIGINS,
      trustProxy: values.TRUST_PROXY,
      metricsToken: values.METRICS_TOKEN,
      cookieDomain: values.COOKIE_DOMAIN,
    },
    mail: {
      smtpUrl: values.SMTP_URL,
      from: values.MAIL_FROM ?? `${app.title} <no-reply@${new URL(values.PUBLIC_URL).hostname}>`,
    },
    identity: {
      signingKeys: values.JWT_PRIVATE_KEYS.keys,
      passwordPepper: values.PASSWORD_PEPPER,
      tokenSecret: values.TOKEN_SECRET,
      passwordMinLength: values.PASSWORD_MIN_LENGTH,
    },
  }
}

function deepFreeze<T extends object>(value: T): T {
  for (const inner of Object.values(value)) {
    if (typeof inner === 'object' && inner !== null) deepFreeze(inner)
  }
  return Object.freeze(value)
}
