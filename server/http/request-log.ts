import type { FastifyInstance, FastifyRequest } from 'fastify'
import { requestTarget } from './request-target.js'

/** Puts `x-request-id` on every answer and logs one line for each request, without its query string. */
export function logRequests(app: FastifyInstance): void {
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id)
  })
  app.addHook('onResponse', async (request, reply) => {
    const durationMs = Math.round(reply.elapsedTime * 10) / 10
    request.log.info({ method: request.method, path: pathOf(request), status: reply.statusCode, durationMs }, 'request')
  })
}

// Query strings can hold personal data and stay out of logs (ASVS 16.2.5).
function pathOf(request: FastifyRequest): string {
  return requestTarget(request).split('?', 1)[0] ?? ''
}
