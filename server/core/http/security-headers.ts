import fastifyCors from '@fastify/cors'
import fastifyHelmet from '@fastify/helmet'
import type { FastifyInstance } from 'fastify'
import { createRefusalLog, mayReadResponses, type OriginConfig } from './allowed-origins.js'

interface HeaderConfig extends OriginConfig {
  isProduction: boolean
}

/**
 * Sets the headers of every response: a strict content security policy and related headers (OWASP ASVS 5.0, V3.4), CORS
 * for exactly the origins of the settings (and of this machine in development), and `Cache-Control: no-store` unless a route sets another value.
 */
export async function securityHeaders(app: FastifyInstance, config: HeaderConfig): Promise<void> {
  await app.register(fastifyHelmet, {
    contentSecurityPolicy: { useDefaults: false, directives: { ...contentPolicy } },
    strictTransportSecurity: config.isProduction && { maxAge: 365 * 24 * 60 * 60, includeSubDomains: true },
    xFrameOptions: { action: 'deny' },
  })
  await allowOrigins(app, config)
  app.addHook('onRequest', async (_request, reply) => {
    reply.header('cache-control', 'no-store')
  })
}

/** The security headers of a response for which no hooks run. */
export const bareHeaders = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
}

const contentPolicy = {
  defaultSrc: ["'none'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'"],
  imgSrc: ["'self'", 'data:'],
  fontSrc: ["'self'"],
  connectSrc: ["'self'"],
  frameSrc: ["'self'"],
  formAction: ["'self'"],
  baseUri: ["'none'"],
  frameAncestors: ["'none'"],
}

// Created for each request, because the plugin also sends `Access-Control-Allow-Credentials` to rejected origins.
async function allowOrigins(app: FastifyInstance, config: OriginConfig): Promise<void> {
  const logRefusal = createRefusalLog(config)
  await app.register(fastifyCors, {
    delegator: (request, done) => {
      const { origin } = request.headers
      const isAllowed = origin !== undefined && mayReadResponses(origin, config)
      if (origin && !isAllowed) logRefusal(origin, request)
      done(null, { ...corsOptions, origin: isAllowed ? [origin] : false })
    },
  })
  app.addHook('onRequest', async (_request, reply) => {
    if (!String(reply.getHeader('vary') ?? '').includes('Origin')) reply.header('vary', 'Origin')
  })
}

const corsOptions = {
  credentials: true,
  methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
  exposedHeaders: [
    'x-request-id',
    'Link',
    'ETag',
    'Location',
    'Retry-After',
    'RateLimit',
    'RateLimit-Policy',
    'Idempotency-Replayed',
  ],
  maxAge: 600,
}
