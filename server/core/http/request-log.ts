import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { logFieldsOf } from '../context.js'
import { requestTarget } from './request-target.js'

/**
 * Adds `x-request-id` to every response and logs one line for each request: what was called, by whom, and with which
 * status, without the query string. What fails or is rejected has lines of its own. All lines of a request with a
 * `traceparent` header have the id of its trace.
 */
export function logRequests(app: FastifyInstance): void {
  app.decorateRequest('called', null)
  app.decorateRequest('caller', null)
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id)
    request.called = []
    const traceId = traceIdOf(request.raw)
    if (traceId !== undefined) request.log = request.log.child({ traceId })
    done()
  })
  app.addHook('onResponse', (request, reply, done) => {
    const { method, called, caller, log } = request
    const [procedure, ...others] = called ?? []
    const fields = {
      method,
      path: pathOf(request),
      ...(procedure !== undefined && (others.length > 0 ? { procedures: called } : { procedure })),
      ...(caller && logFieldsOf(caller)),
      status: reply.statusCode,
      durationMs: Math.round(reply.elapsedTime * 10) / 10,
    }
    log.info(fields, 'request')
    done()
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

/** The trace that a request belongs to (W3C Trace Context). Undefined without a valid `traceparent`. */
function traceIdOf(request: IncomingMessage): string | undefined {
  const given = request.headers['traceparent']
  const [, version, traceId, parentId, rest] = traceparent.exec(typeof given === 'string' ? given : '') ?? []
  const isValid = version !== 'ff' && !(version === '00' && rest) && isSet(traceId) && isSet(parentId)
  return isValid ? traceId : undefined
}

// Later versions may add fields at the end.
const traceparent = /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-[\da-f]{2}(-.*)?$/

function isSet(id: string | undefined): boolean {
  return id !== undefined && /[^0]/.test(id)
}

/** Creates an id, for errors before a request is complete. */
export function newRequestId(): string {
  return randomUUID()
}

/** The path of a request for logs. Query strings are omitted, because they can contain personal data (ASVS 16.2.5). */
export function pathOf(request: FastifyRequest): string {
  return requestTarget(request).split('?', 1)[0] ?? ''
}
