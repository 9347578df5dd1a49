import fastifyCookie from '@fastify/cookie'
import type { AnyTRPCRouter } from '@trpc/server'
import Fastify, { type FastifyInstance } from 'fastify'
import type { Container } from '../container.js'
import { RateLimitedError } from '../core/errors.js'
import { createCallLimit } from '../core/http/call-limit.js'
import { answerFrameworkError, registerErrorHandling } from '../core/http/errors.js'
import { restTransport } from '../core/http/rest/routes.js'
import { trpcTransport } from '../core/http/trpc/routes.js'
import { answerUnrouted } from '../core/http/unrouted.js'
import type { LimitRule } from '../core/security/rate-limits.js'

/** The only access token that {@link createTransportApp} accepts. */
export const transportToken = 'user-token'

interface TransportSettings {
  isProduction?: boolean
  mode?: string
  cookieDomain?: string
  publicUrl?: string
}

interface ErrorLine {
  msg: string
  err?: { message: string; stack: string }
}

/**
 * Starts both transports of a router without a database: one session exists, and limits are counted in memory. `errors`
 * contains the entries that are logged at error level.
 */
export async function createTransportApp(router: AnyTRPCRouter, settings: TransportSettings = {}) {
  const errors: ErrorLine[] = []
  const stream = { write: (line: string) => errors.push(JSON.parse(line)) }
  const app = Fastify({
    logger: { level: 'error', stream },
    bodyLimit: 256 * 1024,
    frameworkErrors: answerFrameworkError,
  })
  const container = fakeContainer(app, settings)
  registerErrorHandling(app)
  answerUnrouted(app)
  await app.register(fastifyCookie)
  await app.register(trpcTransport(router, container), { prefix: '/trpc' })
  await app.register(restTransport(router, container), { prefix: '/api' })
  await app.ready()
  return { app, container, errors }
}

function fakeContainer(
  app: FastifyInstance,
  { isProduction = false, mode = 'test', cookieDomain, publicUrl = addresses.publicUrl }: TransportSettings,
): Container {
  const identity = { userId: 'u1', role: 'user', sessionId: 's1' }
  const sessions = { authenticate: async (token: string) => (token === transportToken ? identity : null) }
  return Object.assign(Object.create(null), {
    config: { app: { name: 'app' }, isProduction, mode, http: { ...addresses, cookieDomain, publicUrl } },
    log: app.log,
    limits: { refuseExhausted() {}, charge: createCharge() },
    services: { sessions },
    authenticator: sessions,
    calls: createCallLimit(1_000),
  })
}

const addresses = {
  publicUrl: 'https://api.example.com',
  appUrl: 'https://app.example.com/start',
  corsOrigins: ['https://admin.example.com'],
}

function createCharge() {
  const used = new Map<string, number>()
  return async ({ name, points, windowSeconds }: LimitRule) => {
    const count = (used.get(name) ?? 0) + 1
    used.set(name, count)
    if (count > points) throw new RateLimitedError({ retryAfterSeconds: 7 })
    return { name, limit: points, remaining: points - count, resetSeconds: windowSeconds }
  }
}
