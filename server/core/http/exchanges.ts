import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** The request that a connection is being answered, and those that came after it. */
export interface Exchange {
  request: IncomingMessage
  response: ServerResponse
  waiting: [IncomingMessage, ServerResponse][]
}

const exchanges = new WeakMap<Socket, Exchange>()
const rests = new WeakMap<Socket, { since: number; bytesRead: number }>()

/** Notes that from now on it is the client's turn on a connection. */
export function beginRest(socket: Socket): void {
  rests.set(socket, { since: performance.now(), bytesRead: socket.bytesRead })
}

// The first request of a connection is on its way when the connection is made.
const firstRequestMs = 1_000

/** Whether it is the client's turn on a connection, and nothing of a request has come. */
export function isAtRest(socket: Socket): boolean {
  const rest = rests.get(socket)
  if (!rest || exchanges.has(socket) || socket.bytesRead > rest.bytesRead) return false
  return rest.bytesRead > 0 || performance.now() - rest.since >= firstRequestMs
}

/** The exchange that is going on on a connection; undefined while there is none. */
export function openExchange(socket: Socket): Exchange | undefined {
  return exchanges.get(socket)
}

// Clients may send requests ahead of the answers (RFC 9112 section 9.3.2); hardly one of them does.
const maxWaiting = 7

/**
 * Handles the requests of a connection one after the other: the next one begins when the client has taken the answer to
 * the one before. Otherwise one packet of requests would make as many answers that wait for the same client to read.
 * A connection with more than seven requests waiting is cut off.
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
    // What waits on a connection that ends can be answered no more.
    const [nextRequest, nextResponse] = (socket.writable && waiting.shift()) || []
    if (nextRequest && nextResponse) begin(handle, { request: nextRequest, response: nextResponse, waiting })
  })
  handle(request, response)
}
