import type { FastifyReply, FastifyRequest } from 'fastify'
import { BadRequestError } from '../errors.js'

/** What a request says about its repetition. */
export interface IdempotencyRequest {
  /** The `Idempotency-Key` header, as it was sent. */
  header: string | undefined
  /** Tells the client that the response is that of an earlier request. */
  markReplayed(): void
}

/** The attempt of a procedure to create something at most once. */
export interface IdempotentCall extends IdempotencyRequest {
  procedure: string
  /** The number of calls in the HTTP request. */
  batchSize: number
}

/** The request of a caller without HTTP, which has no header. */
export const unrepeated: IdempotencyRequest = { header: undefined, markReplayed() {} }

/** Reads the `Idempotency-Key` of an HTTP request (draft-ietf-httpapi-idempotency-key-header). */
export function idempotencyOf({ headers }: FastifyRequest, reply: FastifyReply): IdempotencyRequest {
  const header = headers['idempotency-key']
  return {
    // Node.js joins repeated headers of this name, and the spaces make that an invalid key.
    header: Array.isArray(header) ? header.join(', ') : header,
    markReplayed: () => void reply.header('idempotency-replayed', 'true'),
  }
}

const visibleAscii = /^[\x21-\x7e]{1,255}$/

/**
 * The key of a call; undefined without one.
 *
 * @throws BadRequestError for a malformed key, and in a batch, whose calls cannot be told apart by one key
 */
export function keyOf({ header, batchSize }: IdempotentCall): string | undefined {
  if (header === undefined) return undefined
  if (batchSize > 1) throw new BadRequestError({ message: 'A request with an Idempotency-Key cannot be a batch.' })
  if (visibleAscii.test(header)) return header
  throw new BadRequestError({ message: 'Idempotency-Key must consist of 1 to 255 visible ASCII characters.' })
}
