import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type AppError, ServiceUnavailableError } from '../errors.js'
import { clientNetwork } from '../security/client-address.js'

// In bytes; what is smaller lies in the buffers of the operating system, read or not.
const countedFrom = 16 * 1024
const maxUnread = 16 * 1024 * 1024

/**
 * Bounds what the answers to one client (IPv6 by /64) hold in memory until they are read: beyond 16 MiB its requests
 * are refused with 503, and their connections end. Buffers do not count: they are those of constant files, of which
 * all answers share one copy.
 */
export function boundUnreadAnswers(app: FastifyInstance): void {
  const unread = new Map<string, number>()
  const isOver = ({ ip }: FastifyRequest) => unread.size > 0 && (unread.get(clientNetwork(ip)) ?? 0) > maxUnread

  app.addHook('onRequest', async (request, reply) => {
    if (isOver(request)) throw refusal(reply)
  })
  app.addHook('onSend', (request, reply, payload, done) => {
    if (typeof payload !== 'string' || payload.length < countedFrom || request.method === 'HEAD') return done()
    // Requests that came at once have all been let in. What changed something is told so.
    if (request.method === 'GET' && isOver(request)) return done(refusal(reply))
    count(unread, clientNetwork(request.ip), Buffer.byteLength(payload), reply)
    done()
  })
}

function refusal(reply: FastifyReply): AppError {
  reply.header('connection', 'close')
  const message = 'Too many answers to this address wait to be read.'
  return new ServiceUnavailableError({ retryAfterSeconds: 5, message })
}

function count(unread: Map<string, number>, client: string, size: number, { raw }: FastifyReply): void {
  unread.set(client, (unread.get(client) ?? 0) + size)
  const release = () => {
    raw.off('finish', release).off('close', release)
    const left = (unread.get(client) ?? 0) - size
    if (left > 0) unread.set(client, left)
    else unread.delete(client)
  }
  raw.on('finish', release).on('close', release)
}
