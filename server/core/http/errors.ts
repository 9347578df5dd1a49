import { TRPCError } from '@trpc/server'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { toAppError } from '../error-mapping.js'
import { type AppError, isFailure, NotFoundError, toErrorBody } from '../errors.js'
import { retryAfterHeaders } from './rate-limit-headers.js'
import { pathOf } from './request-log.js'
import { bareHeaders } from './security-headers.js'

/** Makes every error of an application, and every unknown route, answer in REST's envelope. */
export function registerErrorHandling(app: FastifyInstance): void {
  app.setErrorHandler(answerError)
  app.setNotFoundHandler((request, reply) => answerError(new NotFoundError(), request, reply))
}

/**
 * Answers what fails before a route is found, such as a path that is not URL encoded. It belongs in Fastify's
 * `frameworkErrors` option: neither hooks nor error handlers run for these.
 */
export function answerFrameworkError(thrown: unknown, request: FastifyRequest, reply: FastifyReply): void {
  reply.headers({ ...bareHeaders, 'x-request-id': request.id, connection: 'close' })
  answerError(thrown, request, reply)
}

/**
 * What both transports do with an error before they write it: whatever nobody foresaw is logged, and the reply gets its
 * status and the headers that belong to it.
 */
export function beginErrorReply(thrown: unknown, request: FastifyRequest, reply: FastifyReply): AppError {
  const error = toAppError(thrown)
  logUnforeseen(thrown, error, request)
  reply.code(error.status).headers(retryAfterHeaders([error]))
  // Otherwise Node reads, and throws away, whatever the client goes on sending.
  if (isIncomplete(request)) reply.header('connection', 'close')
  return error
}

function answerError(thrown: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const error = beginErrorReply(thrown, request, reply)
  if (error.status === 401) reply.header('www-authenticate', challenge(error, request))
  return reply.type('application/json; charset=utf-8').send({ error: toErrorBody(error, request.id) })
}

// A TRPCError comes out of a procedure, and procedures log their failures themselves.
function logUnforeseen(thrown: unknown, error: AppError, request: FastifyRequest): void {
  const { code, status } = error
  // The sender is gone, or was told that it took too long; nobody reads the answer, and no other line tells of it.
  if (isIncomplete(request) && request.raw.destroyed) {
    request.log.info({ method: request.method, path: pathOf(request) }, 'request aborted by the client')
    return
  }
  if (status < 500 || thrown instanceof TRPCError) return
  if (isFailure(error)) request.log.error({ code, status, err: error.cause ?? error }, 'request failed')
  else request.log.warn({ code, status }, 'request rejected')
}

// Requests that were injected do not say.
function isIncomplete({ raw }: FastifyRequest): boolean {
  return 'complete' in raw && !raw.complete
}

// RFC 6750 section 3: a request that carried no credential is told no error code.
function challenge({ code }: AppError, request: FastifyRequest): string {
  const wasSent = request.headers.authorization !== undefined
  return code === 'UNAUTHORIZED' && wasSent ? 'Bearer error="invalid_token"' : 'Bearer'
}
