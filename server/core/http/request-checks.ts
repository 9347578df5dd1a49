import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type AppError, BadRequestError } from '../errors.js'

/**
 * Rejects ambiguous requests: with no or several hosts (RFC 9112 section 3.2), with a target that is not ASCII or whose
 * escapes are not UTF-8 (RFC 3986 section 2.5), and with an expectation that the server does not support (RFC 9110
 * section 10.1.1).
 */
export function checkRequests(app: FastifyInstance): void {
  app.addHook('onRequest', (request, _reply, done) => {
    done(faultOfHost(request) ?? faultOfTarget(request) ?? faultOfExpectation(request))
  })
}

function faultOfHost({ raw }: FastifyRequest): AppError | undefined {
  const count = raw.rawHeaders.filter((text, index) => index % 2 === 0 && text.toLowerCase() === 'host').length
  if (count > 1) return malformed('The request has more than one Host header.')
  return count === 0 && raw.httpVersion === '1.1' ? malformed('The request has no Host header.') : undefined
}

function faultOfTarget({ url }: FastifyRequest): AppError | undefined {
  return isEncoded(url) ? undefined : malformed('The path or the query is not encoded as UTF-8.')
}

function isEncoded(target: string): boolean {
  try {
    decodeURIComponent(target)
    return /^[\x21-\x7e]*$/.test(target)
  } catch {
    return false
  }
}

function faultOfExpectation({ headers: { expect } }: FastifyRequest): AppError | undefined {
  if (expect === undefined || /^100-continue$/i.test(expect.trim())) return undefined
  return new BadRequestError({ status: 417, message: 'The server does not support the Expect header of the request.' })
}

function malformed(message: string): AppError {
  return new BadRequestError({ message })
}
