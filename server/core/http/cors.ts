import type { FastifyInstance } from 'fastify'
import { createRefusalLog, mayReadResponses, type OriginConfig } from './allowed-origins.js'

const readable = {
  'access-control-allow-credentials': 'true',
  'access-control-expose-headers': [
    'x-request-id',
    'Link',
    'ETag',
    'Location',
    'Retry-After',
    'RateLimit',
    'RateLimit-Policy',
    'Idempotency-Replayed',
  ].join(', '),
  vary: 'Origin',
}

const callable = {
  'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE',
  // In seconds.
  'access-control-max-age': '600',
  vary: 'Origin, Access-Control-Request-Headers',
}

/**
 * Lets pages of the origins in the settings (and of this machine in development) read every response, with credentials,
 * and answers their preflight requests (https://fetch.spec.whatwg.org/#http-cors-protocol). Other origins get no header.
 */
export function allowOrigins(app: FastifyInstance, config: OriginConfig): void {
  const logRefusal = createRefusalLog(config)
  app.addHook('onRequest', (request, reply, done) => {
    const { origin, 'access-control-request-method': method, 'access-control-request-headers': names } = request.headers
    if (!origin || !mayReadResponses(origin, config)) {
      if (origin) logRefusal(origin, request)
      // Caches must not give the response to another origin.
      reply.header('vary', 'Origin')
      return done()
    }
    reply.header('access-control-allow-origin', origin).headers(readable)
    if (request.method !== 'OPTIONS' || method === undefined) return done()
    if (names !== undefined) reply.header('access-control-allow-headers', names)
    return reply.headers(callable).code(204).send()
  })
}
