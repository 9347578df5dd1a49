import type { FastifyReply } from 'fastify'
import { ServiceUnavailableError } from '../errors.js'
import { withinTime } from '../time-limit.js'

/** The time limit for a response after the body was received, in milliseconds (security.md S37). */
export const handlerDeadlineMs = 15_000

/**
 * Limits the work of a request to 15 seconds. Its signal is aborted after that time, and when the client disconnects.
 * Work that ignores the signal continues, and its result is discarded.
 *
 * @throws ServiceUnavailableError after the time limit, and all errors of the work
 */
export async function withinDeadline<T>({ raw }: FastifyReply, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const ending = new AbortController()
  const leave = () => ending.abort()
  raw.once('close', leave)
  const late = () => {
    ending.abort()
    return new ServiceUnavailableError({ retryAfterSeconds: 1 })
  }
  try {
    return await withinTime(handlerDeadlineMs, work(ending.signal), late)
  } finally {
    raw.off('close', leave)
  }
}
