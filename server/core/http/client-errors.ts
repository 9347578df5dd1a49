import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { BadRequestError, PayloadTooLargeError, toErrorBody } from '../errors.js'
import { openExchange } from './exchanges.js'
import { newRequestId, requestIdOf } from './request-log.js'
import { bareHeaders } from './security-headers.js'

const statuses: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
}

/**
 * Responds to incomplete or invalid HTTP requests: headers that are too large, malformed parts, and parts that do not
 * arrive in time. Use it as Fastify's `clientErrorHandler` option. Only the socket is available for the response.
 */
export function answerClientError({ code = '' }: { code?: string }, socket: Socket): void {
  const open = openExchange(socket)
  if (code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
  // The error is in data after a complete request. Its response is being sent and will be the last.
  if (open?.request.complete) return void (open.response.shouldKeepAlive = false)
  if (open?.response.headersSent) return void socket.destroy()
  socket.end(writeAnswer(statuses[code] ?? 400, open ? requestIdOf(open.request) : newRequestId()))
  if (open) socket.destroySoon()
}

/** Rejects CONNECT, which requests a tunnel. Node.js leaves closing the connection to this handler. */
export function answerConnect(socket: Duplex): void {
  socket.on('error', () => {})
  socket.end(writeAnswer(400, newRequestId()), () => socket.destroy())
}

function writeAnswer(status: number, requestId: string): string {
  const fault = status === 413 ? new PayloadTooLargeError() : new BadRequestError()
  const body = JSON.stringify({ error: toErrorBody(fault, requestId) })
  const headers = {
    ...bareHeaders,
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    'x-request-id': requestId,
    connection: 'close',
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  return `${[`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...lines].join('\r\n')}\r\n\r\n${body}`
}
