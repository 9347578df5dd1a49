import { createPrivateKey, type JsonWebKey } from 'node:crypto'
import { z } from 'zod'
import app from '../app.json' with { type: 'json' }
import { findDatabaseUrlFaults, malformedUrl } from './core/database/connection-options.js'
import { proxyNetworkFault } from './core/security/client-address.js'

const url = z
  .url({ protocol: /^https?$/, error: 'must be an https address, such as https://api.example.com' })
  .regex(/^[^?#@\\\s]*$/, 'must have no user name, query, fragment or space, as in https://api.example.com')
  .transform((value) => value.replace(/\/+$/, ''))
const makeKey = 'Create one with: npm run -s keys:new'
const makeSecret = `Create one with: node -p "require('crypto').randomBytes(32).toString('base64url')"`
const secret = required(makeSecret).min(32, 'must have at least 32 characters')
const list = z.string().transform((value) =>
  value
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean),
)

const nameOrigins = 'Name each origin exactly, such as https://app.example.com'
const origins = list.superRefine((items, context) => {
  for (const item of items) {
    if (item.includes('*')) context.addIssue(`has "${item}". Wildcards are not supported. ${nameOrigins}`)
    else if (!isOrigin(item)) context.addIssue(`has "${item}", which is not an origin. ${nameOrigins}`)
  }
})
const proxyNetworks = list.superRefine((items, context) => {
  for (const item of items) {
    const fault = proxyNetworkFault(item)
    if (fault)
      context.addIssue(`has "${item}", which ${fault}. Name the networks of load balancers, such as 10.0.0.0/8`)
  }
})
// RFC 6265 section 5.2.3 ignores a leading dot, and IP addresses do not share cookies.
const cookieDomain = z
  .hostname('must be a host name, such as example.com, without scheme, port, path or leading dot')
  .regex(
    /[^.\d][^.]*$/,
    'must be a host name, such as example.com, without a dot at the end; an IP address is not allowed',
  )
  .toLowerCase()

const databaseUrl = z.url({ protocol: /^postgres(ql)?$/, error: malformedUrl }).superRefine((value, context) => {
  for (const message of findDatabaseUrlFaults(value)) context.addIssue({ code: 'custom', message })
})

const privateJwk = z
  .looseObject({
    kty: z.literal('EC'),
    crv: z.literal('P-256'),
    kid: z.string().min(1),
    x: z.string(),
    y: z.string(),
    d: z.string(),
  })
  .refine(isPrivateKey, `is not a private key. ${makeKey}`)
const keySet = z.object({ keys: z.array(privateJwk).min(1) })

/** The settings of every command, by their names in the environment. */
export const commandSettings = z.object({
  NODE_ENV: z.enum(['development', 'production', 'test']).default('production'),
  HOST: z.string().optional(),
  PORT: z.coerce.number('must be a number').int().min(0).max(65535).optional(),
  DATA_DIR: z.string().default(`.${app.name}`),
  DATABASE_URL: databaseUrl.optional(),
  DIRECT_URL: databaseUrl.optional(),
  DATABASE_URL_TEST: databaseUrl.optional(),
  DATABASE_POOL_MAX: z.coerce
    .number()
    .int()
    .min(3, 'must be 3 or more: a worker needs two connections for itself')
    .max(1000)
    .default(10),
  REDIS_URL: z.url({ protocol: /^rediss?$/ }).optional(),
  APP_URL: url.optional(),
  CORS_ORIGINS: origins.prefault(''),
  TRUST_PROXY: proxyNetworks.prefault(''),
  COOKIE_DOMAIN: cookieDomain.optional(),
  METRICS_TOKEN: z.string().min(16, 'must have at least 16 characters').optional(),
  SMTP_URL: z.url({ protocol: /^smtps?$/ }).optional(),
  MAIL_FROM: z.string().optional(),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).optional(),
  PASSWORD_MIN_LENGTH: z.coerce.number().int().min(8, 'must be 8 or more').max(128).default(15),
  AUDIT_ANONYMOUS_DAYS: z.coerce.number().int().min(1).max(3650).default(90),
  AUDIT_DAYS: z.coerce.number().int().min(1).max(36_500).optional(),
  RETENTION_DAYS: z.coerce.number().int().min(1).max(3650).default(30),
  WEEKLY_DIGEST: z.stringbool().default(false),
  PROCESS_ROLE: z.enum(['all', 'web', 'worker']).default('all'),
  SEED: z.stringbool().default(true),
})

/** All settings of the server. `npm run dev` creates those without a default; in production they are required. */
export const serverSettings = commandSettings.extend({
  PUBLIC_URL: required('Set it to the address that clients use, such as https://api.example.com.').pipe(url),
  JWT_PRIVATE_KEYS: required(makeKey).transform(parseJson).pipe(keySet),
  PASSWORD_PEPPER: secret,
  TOKEN_SECRET: secret,
})

/**
 * The contradictions between settings, or with the mode, one line with a solution for each. {@link serverSettings}
 * checks each setting separately.
 *
 * @param given the settings by name, without empty ones
 */
export function findContradictions(given: Readonly<Record<string, string | undefined>>): string[] {
  const isProduction = (given.NODE_ENV ?? 'production') === 'production'
  const missing = Object.entries(productionSettings).filter(([name]) => isProduction && !given[name])
  return [
    ...missing.map(([name, remedy]) => `${name} is missing. ${remedy}`),
    ...(isProduction ? ['PUBLIC_URL', 'APP_URL', 'CORS_ORIGINS'] : []).flatMap((name) => plainUrls(name, given[name])),
    ...cookieDomainFaults(given, isProduction),
  ]
}

/** The contradictions between the two URLs of the database, also for commands. */
export function findDatabaseContradictions({ DATABASE_URL, DIRECT_URL }: Given): string[] {
  const pooled = DATABASE_URL === undefined ? undefined : parseUrl(DATABASE_URL)?.searchParams
  const isPooler = (pooled?.get('pgbouncer') ?? 'false') !== 'false'
  if (DIRECT_URL === undefined) {
    return isPooler ? ['DATABASE_URL has pgbouncer, so DIRECT_URL is required: the URL of PostgreSQL itself.'] : []
  }
  return [
    ...(DATABASE_URL === undefined ? ['DIRECT_URL has no effect without DATABASE_URL. Use DATABASE_URL alone.'] : []),
    ...(parseUrl(DIRECT_URL)?.searchParams.has('pgbouncer')
      ? ['DIRECT_URL has pgbouncer, but must lead to PostgreSQL itself.']
      : []),
    ...(DATABASE_URL !== DIRECT_URL && pooled?.has('options')
      ? ['DATABASE_URL has options, which a pooler does not pass on. Set them for the role instead.']
      : []),
  ]
}

/** The additional requirements of production, with the solution for each. */
const productionSettings = {
  DATABASE_URL: 'Set it to postgresql://user:password@host:5432/database.',
  SMTP_URL: 'Set it to smtps://user:password@host:465.',
}

// Passwords and tokens are sent there, so it may only be unencrypted within one machine.
function plainUrls(name: string, value = ''): string[] {
  return value.split(',').flatMap((part) => {
    const url = parseUrl(part)
    if (url?.protocol !== 'http:' || isLoopbackHost(url.hostname)) return []
    return [`${name} has ${url.origin}, which is not encrypted. In production, use https.`]
  })
}

/** Whether a host name, as `URL` formats it, belongs to this machine. */
export function isLoopbackHost(hostname: string): boolean {
  return /^(.+\.)?localhost$|^127(\.\d+){3}$|^\[::1\]$/.test(hostname)
}

// A browser rejects a cookie for a domain that does not contain the host, and for a top-level domain (RFC 6265 5.3).
function cookieDomainFaults({ COOKIE_DOMAIN, PUBLIC_URL = '' }: Given, isProduction: boolean): string[] {
  const host = parseUrl(PUBLIC_URL)?.hostname
  const parsed = cookieDomain.safeParse(COOKIE_DOMAIN)
  if (!host || !parsed.success) return []
  const domain = parsed.data
  if (!domain.includes('.') && (isProduction || domain !== 'localhost')) {
    return [`COOKIE_DOMAIN ${domain} is not a registrable domain. Set it to a domain such as example.com.`]
  }
  if (host === domain || host.endsWith(`.${domain}`)) return []
  return [`COOKIE_DOMAIN ${domain} does not contain ${host}, the host of PUBLIC_URL. Set it to a domain that does.`]
}

type Given = Parameters<typeof findContradictions>[0]

function parseUrl(value: string): URL | undefined {
  return URL.canParse(value) ? new URL(value) : undefined
}

function required(remedy: string): z.ZodString {
  return z.string({ error: `is missing. ${remedy}` })
}

function parseJson(text: string, context: z.core.$RefinementCtx): unknown {
  try {
    return JSON.parse(text)
  } catch {
    context.addIssue({ code: 'custom', message: `must be a JWK set as JSON. ${makeKey}` })
    return z.NEVER
  }
}

// Browsers serialize the origins of apps and extensions, such as `capacitor://localhost`, in the same way, but `URL` does
// not know that these schemes have origins.
function isOrigin(value: string): boolean {
  if (!URL.canParse(value)) return false
  const { origin } = new URL(value)
  return (
    origin === value || (origin === 'null' && /^[a-z][a-z\d+.-]*:\/\/[a-z\d]([a-z\d.-]*[a-z\d])?(:\d+)?$/.test(value))
  )
}

function isPrivateKey(key: JsonWebKey): boolean {
  try {
    createPrivateKey({ key, format: 'jwk' })
    return true
  } catch {
    return false
  }
}
