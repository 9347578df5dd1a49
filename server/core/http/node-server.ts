import { createServer, type RequestListener, type Server } from 'node:http'
import type { Socket } from 'node:net'
import { answerClientError, answerConnect } from './client-errors.js'
import { beginRest, inTurn, isAtRest, openExchange } from './exchanges.js'

// The limits of a request, in milliseconds and bytes (security.md S34, S37).
const limits = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  // By default, Node.js checks for late requests only every 30 seconds.
  connectionsCheckingInterval: 1_000,
  // Longer than the minute for which load balancers keep a connection, so that they close it and not the server.
  keepAliveTimeout: 72_000,
  maxHeaderSize: 16 * 1024,
  // Checked by our own code, so that the response has the usual format.
  requireHostHeader: false,
}
// Longer than a handler may take, because until then the server may not have responded yet.
const silenceMs = 17_000

/**
 * Creates Node's HTTP server with the limits of every request. A connection without any traffic for 17 seconds during a
 * request or a response is closed. Errors that Node.js would handle itself get a response in the usual format.
 */
export function createNodeServer(handle: RequestListener): Server {
  const server = createServer(limits, inTurn(handle))
  server.timeout = silenceMs
  // Node.js drops headers after the first thousand, and a proxy adds its headers at the end. Their total size is
  // bounded.
  server.maxHeadersCount = 0
  server.on('checkExpectation', (request, response) => server.emit('request', request, response))
  server.on('connect', (_request, socket) => answerConnect(socket))
  server.on('timeout', endSilence)
  server.closeIdleConnections = trackConnections(server)
  return server
}

/**
 * Node.js calls this when a server closes. Its own version treats a response as sent once it is written, and would
 * close connections whose clients are still reading. It also keeps connections that have never sent a request.
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
  // Otherwise, the operating system would keep megabytes that were not read, and try to deliver them for minutes.
  else socket.resetAndDestroy()
}
