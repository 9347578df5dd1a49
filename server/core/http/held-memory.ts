import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type AppError, ServiceUnavailableError } from '../errors.js'
import { clientNetwork } from '../security/client-address.js'
import { createTally, type Tally } from '../tally.js'

// In bytes. Smaller amounts fit into the buffers of the operating system.
const countedFrom = 16 * 1024
const maxHeld = 16 * 1024 * 1024

/**
 * Limits the memory that one slow client (IPv6 by /64) can occupy with incomplete request bodies and unread responses.
 * Above 16 MiB, its requests are rejected with 503, and their connections are closed. Responses that are buffers do not
 * count, because they are constant files of which all responses share one copy.
 */
export function boundHeldMemory(app: FastifyInstance): void {
  const held = createTally()
  // Fastify reads the headers of proxies each time it is asked for `ip`.
  const isOver = (request: FastifyRequest) => !held.isEmpty() && held.of(clientNetwork(request.ip)) > maxHeld

  app.addHook('onRequest', (request, reply, done) => {
    if (isOver(request)) return done(refusal(reply))
    count(held, request, reply, bodySize(request, app.initialConfig.bodyLimit))
    done()
  })
  app.addHook('onSend', (request, reply, payload, done) => {
    if (typeof payload !== 'string' || request.method === 'HEAD') return done()
    // Concurrent requests have all been admitted. A request that changed data still receives its response.
    if (payload.length >= countedFrom && request.method === 'GET' && isOver(request)) return done(refusal(reply))
    count(held, request, reply, payload.length)
    done()
  })
}

function refusal(reply: FastifyReply): AppError {
  reply.header('connection', 'close')
  const message = 'Too much of what this address sends and asks for is under way.'
  return new ServiceUnavailableError({ retryAfterSeconds: 5, message })
}

// A chunked body may become as large as the maximum size of a body.
function bodySize({ headers }: FastifyRequest, limit = 0): number {
  if (headers['transfer-encoding'] !== undefined) return limit
  return Math.min(Number(headers['content-length'] ?? 0), limit)
}

function count(held: Tally, request: FastifyRequest, { raw }: FastifyReply, size: number): void {
  // A closed connection holds no data any more, and no event would report its end.
  if (size < countedFrom || raw.destroyed) return
  const client = clientNetwork(request.ip)
  held.add(client, size)
  const release = () => {
    raw.off('finish', release).off('close', release)
    held.add(client, -size)
  }
  raw.on('finish', release).on('close', release)
}
