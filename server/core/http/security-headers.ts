import fastifyCors from '@fastify/cors'
import fastifyHelmet from '@fastify/helmet'
import type { FastifyInstance } from 'fastify'

interface HeaderConfig {
  mode: string
  isProduction: boolean
  http: { corsOrigins: readonly string[]; appUrl: string }
}

/**
 * Sets the headers of every response: a strict content security policy and related headers (OWASP ASVS 5.0, V3.4), CORS
 * for exactly the origins of the settings, and `Cache-Control: no-store` unless a route sets another value.
 */
export async function securityHeaders(app: FastifyInstance, config: HeaderConfig): Promise<void> {
  await app.register(fastifyHelmet, {
    contentSecurityPolicy: { useDefaults: false, directives: { ...contentPolicy } },
    strictTransportSecurity: config.isProduction && { maxAge: 365 * 24 * 60 * 60, includeSubDomains: true },
    xFrameOptions: { action: 'deny' },
  })
  await allowOrigins(app, allowedOrigins(config))
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
async function allowOrigins(app: FastifyInstance, origins: ReadonlySet<string>): Promise<void> {
  await app.register(fastifyCors, {
    delegator: (request, done) => {
      const { origin } = request.headers
      done(null, { ...corsOptions, origin: origin !== undefined && origins.has(origin) ? [origin] : false })
    },
  })
  app.addHook('onRequest', async (_request, reply) => {
    if (!String(reply.getHeader('vary') ?? '').includes('Origin')) reply.header('vary', 'Origin')
  })
}

const corsOptions = {
  credentials: true,
  methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
  exposedHeaders: ['x-request-id', 'Link', 'ETag', 'Location', 'Retry-After', 'RateLimit', 'RateLimit-Policy'],
  maxAge: 600,
}

function allowedOrigins({ mode, http }: HeaderConfig): Set<string> {
  return new Set([...http.corsOrigins, ...(mode === 'development' ? [new URL(http.appUrl).origin] : [])])
}
