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
 * Answers what is no whole HTTP request: headers that are too large, parts that are malformed, and parts that do not
 * come in time. It belongs in Fastify's `clientErrorHandler` option; there is a socket and nothing else to answer on.
 */
export function answerClientError({ code = '' }: { code?: string }, socket: Socket): void {
  const open = openExchange(socket)
  if (code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
  // The fault is in what comes after a whole request, whose answer is on its way and will be the last.
  if (open?.request.complete) return void (open.response.shouldKeepAlive = false)
  if (open?.response.headersSent) return void socket.destroy()
  socket.end(writeAnswer(statuses[code] ?? 400, open ? requestIdOf(open.request) : newRequestId()))
  if (open) socket.destroySoon()
}

/** Refuses CONNECT, which asks for a tunnel. Node leaves its connection to whoever answers. */
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
