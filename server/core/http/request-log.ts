import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
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

const requestIds = new WeakMap<IncomingMessage, string>()

/** The id of a request, the same each time: the caller's own where it cannot forge a log line, else a new one. */
export function requestIdOf(request: IncomingMessage): string {
  const known = requestIds.get(request)
  if (known !== undefined) return known
  const given = request.headers['x-request-id']
  const id = typeof given === 'string' && /^[\w-]{8,64}$/.test(given) ? given : newRequestId()
  requestIds.set(request, id)
  return id
}

/** An id for what is no request yet. */
export function newRequestId(): string {
  return randomUUID()
}

/** The path of a request, as logs name it: query strings can hold personal data (ASVS 16.2.5). */
export function pathOf(request: FastifyRequest): string {
  return requestTarget(request).split('?', 1)[0] ?? ''
}
