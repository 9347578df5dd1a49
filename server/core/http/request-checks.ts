import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type AppError, BadRequestError } from '../errors.js'

/**
 * Rejects ambiguous requests, which a proxy in front of this server may interpret differently: with no, several or
 * malformed hosts (RFC 9112 section 3.2), several credentials or content types (RFC 9110 section 5.3), a transfer coding
 * that is not decoded here (RFC 9112 section 6.1), a target that is not ASCII or whose escapes are not UTF-8 (RFC 3986
 * section 2.5), or an expectation that the server does not support (RFC 9110 section 10.1.1).
 */
export function checkRequests(app: FastifyInstance): void {
  app.addHook('onRequest', (request, _reply, done) => done(faultOf(request)))
}

function faultOf(request: FastifyRequest): AppError | undefined {
  for (const check of checks) {
    const fault = check(request)
    if (fault) return fault
  }
  return undefined
}

const checks = [faultOfRepetition, faultOfHost, faultOfCoding, faultOfTarget, faultOfExpectation]

// Node.js uses the first of each, and joins or rejects other repeated headers.
const singles = new Set(['host', 'authorization', 'content-type'])

function faultOfRepetition({ raw: { rawHeaders } }: FastifyRequest): AppError | undefined {
  const seen: string[] = []
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]?.toLowerCase() ?? ''
    if (!singles.has(name)) continue
    if (seen.includes(name)) return malformed(`The request has more than one ${name} header.`)
    seen.push(name)
  }
  return undefined
}

function faultOfHost({ raw: { headers, httpVersion } }: FastifyRequest): AppError | undefined {
  if (headers.host === undefined && httpVersion !== '1.0') return malformed('The request has no host header.')
  return /[\s/?#@\\]/.test(headers.host ?? '') ? malformed('The host header is malformed.') : undefined
}

function faultOfCoding({ raw: { headers, httpVersion } }: FastifyRequest): AppError | undefined {
  const coding = headers['transfer-encoding']?.toLowerCase()
  if (coding === undefined || (coding === 'chunked' && httpVersion !== '1.0')) return undefined
  return malformed('The transfer coding is not taken.')
}

function faultOfTarget({ url }: FastifyRequest): AppError | undefined {
  return isEncoded(url) ? undefined : malformed('The path or the query is not encoded as UTF-8.')
}

function isEncoded(target: string): boolean {
  try {
    if (target.includes('%')) decodeURIComponent(target)
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
