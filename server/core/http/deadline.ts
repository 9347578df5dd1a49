import type { FastifyReply } from 'fastify'
import { ServiceUnavailableError } from '../errors.js'

/** How long the answer to a request may take once its body is there, in milliseconds (security.md S37). */
export const handlerDeadlineMs = 15_000

/**
 * Gives the work of a request 15 seconds. Its signal is aborted when they are over, and when the client is gone; work
 * that does not listen goes on, and what it gives then is dropped.
 *
 * @throws ServiceUnavailableError when the time is over, and whatever the work throws
 */
export async function withinDeadline<T>({ raw }: FastifyReply, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const ending = new AbortController()
  const leave = () => ending.abort()
  raw.once('close', leave)
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      ending.abort()
      reject(new ServiceUnavailableError({ retryAfterSeconds: 1 }))
    }, handlerDeadlineMs)
  })
  try {
    return await Promise.race([work(ending.signal), deadline])
  } finally {
    clearTimeout(timer)
    raw.off('close', leave)
  }
}
