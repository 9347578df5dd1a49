import { createPrivateKey, type JsonWebKey } from 'node:crypto'
import { z } from 'zod'
import { findDatabaseUrlFaults } from './database/connection-options.js'
import { isCidr } from './security/client-address.js'

const url = z.url({ protocol: /^https?$/ }).transform((value) => value.replace(/\/+$/, ''))
const makeKey = 'Make one with: npm run -s keys:new'
const makeSecret = `Make one with: node -p "require('crypto').randomBytes(32).toString('base64url')"`
const secret = required(makeSecret).min(32, 'must have at least 32 characters')
const list = z.string().transform((value) =>
  value
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean),
)

const origins = list.refine((items) => items.every(isOrigin), 'must be exact origins, such as https://app.example.com')
const cidrs = list.refine((items) => items.every(isCidr), 'must be CIDRs, such as 10.0.0.0/8; no number, no "true"')

const databaseUrl = z.url({ protocol: /^postgres(ql)?$/ }).superRefine((value, context) => {
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
  .refine(isPrivateKey, `is no private key. ${makeKey}`)
const keySet = z.object({ keys: z.array(privateJwk).min(1) })

/** The settings that every command reads, by the names they have in the environment. */
export const commandSettings = z.object({
  NODE_ENV: z.enum(['development', 'production', 'test']).default('production'),
  HOST: z.string().optional(),
  PORT: z.coerce.number('must be a number').int().min(0).max(65535).optional(),
  DATA_DIR: z.string().default('.plinth'),
  DATABASE_URL: databaseUrl.optional(),
  DATABASE_URL_TEST: databaseUrl.optional(),
  DATABASE_POOL_MAX: z.coerce
    .number()
    .int()
    .min(2, 'must be 2 or more: one connection waits for notifications')
    .max(1000)
    .default(10),
  REDIS_URL: z.url({ protocol: /^rediss?$/ }).optional(),
  APP_URL: url.optional(),
  CORS_ORIGINS: origins.prefault(''),
  TRUST_PROXY: cidrs.prefault(''),
  COOKIE_DOMAIN: z.string().optional(),
  METRICS_TOKEN: z.string().min(16, 'must have at least 16 characters').optional(),
  SMTP_URL: z.url({ protocol: /^smtps?$/ }).optional(),
  MAIL_FROM: z.string().optional(),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).optional(),
  PASSWORD_MIN_LENGTH: z.coerce.number().int().min(8, 'must be 8 or more').max(128).default(15),
  SEED: z.stringbool().default(true),
})

/** Every setting that Plinth has. `npm run dev` makes the ones without a default; production has to be given them. */
export const serverSettings = commandSettings.extend({
  PUBLIC_URL: required('Set it to the address that clients use, such as https://api.example.com.').pipe(url),
  JWT_PRIVATE_KEYS: required(makeKey).transform(parseJson).pipe(keySet),
  PASSWORD_PEPPER: secret,
  TOKEN_SECRET: secret,
})

/** What production needs beyond {@link serverSettings}, and how to get it. */
export const productionSettings: Readonly<Record<string, string>> = {
  DATABASE_URL: 'Set it to postgresql://user:password@host:5432/database.',
  SMTP_URL: 'Set it to smtps://user:password@host:465.',
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

function isOrigin(value: string): boolean {
  return URL.canParse(value) && new URL(value).origin === value
}

function isPrivateKey(key: JsonWebKey): boolean {
  try {
    createPrivateKey({ key, format: 'jwk' })
    return true
  } catch {
    return false
  }
}
