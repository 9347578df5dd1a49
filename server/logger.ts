import { createRequire } from 'node:module'
import type { FastifyBaseLogger } from 'fastify'
import { pino } from 'pino'
import type * as pinoPretty from 'pino-pretty'
import type { Config } from './config.js'

/** A pino logger, as Fastify types the ones of its requests. */
export type Logger = FastifyBaseLogger

const secretNames = [
  'password',
  'currentPassword',
  'newPassword',
  'passwordHash',
  'token',
  'accessToken',
  'refreshToken',
  'authorization',
  'cookie',
  'set-cookie',
  'secret',
]

/** What pino cuts out of every line, at up to four levels. */
export const redaction = { paths: secretNames.flatMap(everyDepth), censor: '[redacted]' }

/** Makes the process's logger: JSON lines, or readable ones in development. Secrets are cut out. */
export function createLogger(config: Pick<Config, 'mode' | 'logLevel'>): Logger {
  const options = { level: config.logLevel, redact: redaction }
  if (config.mode !== 'development') return pino(options)
  const { build: pretty }: typeof pinoPretty = createRequire(import.meta.url)('pino-pretty')
  // Written at once, not by a worker, so that what is printed afterwards comes afterwards.
  return pino(options, pretty({ ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss', singleLine: true, sync: true }))
}

function everyDepth(name: string): string[] {
  const quoted = `["${name}"]`
  return [quoted, `*${quoted}`, `*.*${quoted}`, `*.*.*${quoted}`]
}
