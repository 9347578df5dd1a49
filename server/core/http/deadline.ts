import type { FastifyReply } from 'fastify'
import { ServiceUnavailableError } from '../errors.js'
import { withinTime } from '../time-limit.js'

/** The time limit for a response after the body was received, in milliseconds (security.md S37). */
export const handlerDeadlineMs = 15_000

/**
 * Limits the work of a request to 15 seconds. Work that takes longer continues, and its result is discarded.
 *
 * @throws ServiceUnavailableError after the time limit, and all errors of the work
 */
export function withinDeadline<T>(work: Promise<T>): Promise<T> {
  return withinTime(handlerDeadlineMs, work, late)
}

const late = () => new ServiceUnavailableError({ retryAfterSeconds: 1 })

/** A signal that is aborted when the response was sent, also after the time limit, or the client disconnects. */
export function signalOf({ raw }: FastifyReply): AbortSignal {
  const ending = new AbortController()
  raw.once('close', () => ending.abort())
  return ending.signal
}
