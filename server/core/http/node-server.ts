import { createServer, type RequestListener, type Server } from 'node:http'
import type { Socket } from 'node:net'
import { answerClientError, answerConnect } from './client-errors.js'
import { beginRest, inTurn, isAtRest, openExchange } from './exchanges.js'

// What a request may take, in milliseconds and bytes (security.md S34, S37).
const limits = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  // Node looks for requests that are late every 30 seconds otherwise, and so would let them be that much later.
  connectionsCheckingInterval: 1_000,
  // Longer than the minute for which balancers keep a connection, so that they are the ones to end it.
  keepAliveTimeout: 72_000,
  maxHeaderSize: 16 * 1024,
  // Checked with the rest of a request, so that the answer is like all others.
  requireHostHeader: false,
}
// Longer than a handler may take: until then it may be the server that is silent.
const silenceMs = 17_000

/**
 * Makes Node's HTTP server with the limits that every request is held to. A connection on which nothing moves for 17
 * seconds while a request is sent or answered is closed, be it the sender or the reader who stalls. What Node would
 * answer by itself, in its own form, is answered as everything else.
 */
export function createNodeServer(handle: RequestListener): Server {
  const server = createServer(limits, inTurn(handle))
  server.timeout = silenceMs
  // Node drops what comes after a thousand headers: those that a proxy has added stand last. Their size is bounded.
  server.maxHeadersCount = 0
  server.on('checkExpectation', (request, response) => server.emit('request', request, response))
  server.on('connect', (_request, socket) => answerConnect(socket))
  server.on('timeout', endSilence)
  server.closeIdleConnections = trackConnections(server)
  return server
}

/**
 * Node calls this when a server closes. Its own counts an answer as sent once it is written, and so cuts off those that
 * clients are still reading; it also keeps connections that never said anything.
 */
function trackConnections(server: Server): () => void {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    beginRest(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  return () => {
    for (const socket of sockets) if (isAtRest(socket)) socket.destroy()
  }
}

function endSilence(socket: Socket): void {
  const open = openExchange(socket)
  if (open && !open.request.complete) answerClientError({ code: 'ERR_HTTP_REQUEST_TIMEOUT' }, socket)
  else socket.destroy()
}
