import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** The current request of a connection, and the requests that arrived after it. */
export interface Exchange {
  request: IncomingMessage
  response: ServerResponse
  waiting: [IncomingMessage, ServerResponse][]
}

const exchanges = new WeakMap<Socket, Exchange>()
const rests = new WeakMap<Socket, { since: number; bytesRead: number }>()

/** Records that the connection now waits for a request of the client. */
export function beginRest(socket: Socket): void {
  rests.set(socket, { since: performance.now(), bytesRead: socket.bytesRead })
}

// A new connection already waits for its first request.
const firstRequestMs = 1_000

/** Whether a connection waits for a request, and has received no part of it. */
export function isAtRest(socket: Socket): boolean {
  const rest = rests.get(socket)
  if (!rest || exchanges.has(socket) || socket.bytesRead > rest.bytesRead) return false
  return rest.bytesRead > 0 || performance.now() - rest.since >= firstRequestMs
}

/** The current exchange of a connection, or undefined if there is none. */
export function openExchange(socket: Socket): Exchange | undefined {
  return exchanges.get(socket)
}

// Clients may send requests before they receive the responses (RFC 9112 section 9.3.2), but hardly any client does.
const maxWaiting = 7

/**
 * Handles the requests of a connection one after the other. The next one starts when the client has received the
 * previous response. Otherwise, one packet with many requests would create many responses that wait for the client.
 * A connection with more than seven waiting requests is closed.
 */
export function inTurn(handle: RequestListener): RequestListener {
  return (request, response) => {
    const { socket } = request
    const open = exchanges.get(socket)
    if (!open) begin(handle, { request, response, waiting: [] })
    else if (open.waiting.length < maxWaiting) open.waiting.push([request, response])
    else socket.destroy()
  }
}

function begin(handle: RequestListener, exchange: Exchange): void {
  const { request, response, waiting } = exchange
  const { socket } = request
  exchanges.set(socket, exchange)
  response.once('close', () => {
    exchanges.delete(socket)
    beginRest(socket)
    // Waiting requests of a closed connection can no longer receive a response.
    const [nextRequest, nextResponse] = (socket.writable && waiting.shift()) || []
    if (nextRequest && nextResponse) begin(handle, { request: nextRequest, response: nextResponse, waiting })
  })
  handle(request, response)
}
