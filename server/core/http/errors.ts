import { TRPCError } from '@trpc/server'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { toAppError } from '../error-mapping.js'
import { type AppError, isFailure, toErrorBody } from '../errors.js'
import { retryAfterHeaders } from './rate-limit-headers.js'
import { pathOf } from './request-log.js'
import { bareHeaders } from './security-headers.js'

/** Makes every error of an application return the error format of REST. */
export function registerErrorHandling(app: FastifyInstance): void {
  app.setErrorHandler(answerError)
}

/**
 * Responds to errors that occur before a route is found, such as a path that is not URL encoded. Use it as Fastify's
 * `frameworkErrors` option, because neither hooks nor error handlers run for these errors.
 */
export function answerFrameworkError(thrown: unknown, request: FastifyRequest, reply: FastifyReply): void {
  reply.headers({ ...bareHeaders, 'x-request-id': request.id, connection: 'close' })
  answerError(thrown, request, reply)
}

/**
 * The common part of error handling in both transports: logs unexpected errors, and sets the status and the headers of
 * the reply.
 */
export function beginErrorReply(thrown: unknown, request: FastifyRequest, reply: FastifyReply): AppError {
  const error = toAppError(thrown)
  logUnforeseen(thrown, error, request)
  reply.code(error.status).headers(retryAfterHeaders([error]))
  // Otherwise Node.js reads and discards all further data of the client.
  if (isIncomplete(request)) reply.header('connection', 'close')
  return error
}

function answerError(thrown: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const error = beginErrorReply(thrown, request, reply)
  if (error.status === 401) reply.header('www-authenticate', challenge(error, request))
  return reply.type('application/json; charset=utf-8').send({ error: toErrorBody(error, request.id) })
}

// A TRPCError was thrown by a procedure, and procedures log their own failures.
function logUnforeseen(thrown: unknown, error: AppError, request: FastifyRequest): void {
  const { code, status } = error
  // The client has disconnected or exceeded its time limit. Nobody reads the response, and there is no other log line.
  if (isIncomplete(request) && request.raw.destroyed) {
    request.log.info({ method: request.method, path: pathOf(request) }, 'request aborted by the client')
    return
  }
  if (status < 500 || thrown instanceof TRPCError) return
  if (isFailure(error)) request.log.error({ code, status, err: error.cause ?? error }, 'request failed')
  else request.log.warn({ code, status }, 'request rejected')
}

// Injected requests do not have this property.
function isIncomplete({ raw }: FastifyRequest): boolean {
  return 'complete' in raw && !raw.complete
}

// RFC 6750 section 3: the response to a request without a credential has no error code.
function challenge({ code }: AppError, request: FastifyRequest): string {
  const wasSent = request.headers.authorization !== undefined
  return code === 'UNAUTHORIZED' && wasSent ? 'Bearer error="invalid_token"' : 'Bearer'
}
