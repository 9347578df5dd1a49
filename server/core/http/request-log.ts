import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { requestTarget } from './request-target.js'

/** Adds `x-request-id` to every response and logs one line for each request, without its query string. */
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

/** The id of a request: that of the caller if it cannot be used to forge log lines, otherwise a new one. */
export function requestIdOf(request: IncomingMessage): string {
  const known = requestIds.get(request)
  if (known !== undefined) return known
  const given = request.headers['x-request-id']
  const id = typeof given === 'string' && /^[\w-]{8,64}$/.test(given) ? given : newRequestId()
  requestIds.set(request, id)
  return id
}

/** Creates an id, for errors before a request is complete. */
export function newRequestId(): string {
  return randomUUID()
}

/** The path of a request for logs. Query strings are omitted, because they can contain personal data (ASVS 16.2.5). */
export function pathOf(request: FastifyRequest): string {
  return requestTarget(request).split('?', 1)[0] ?? ''
}
