import http from 'node:http'
import { text } from 'node:stream/consumers'
import { codeOf } from '../../server/core/unknown-values.js'

/** A request: sent over `http` by {@link send}, or repeatedly by a load process. */
export interface Request {
  method: string
  path: string
  headers?: Readonly<Record<string, string>>
  /** The JSON text of the body. */
  body?: string
}

export interface Answer {
  /** 0 without a response: the connection broke, or the time was over. */
  status: number
  headers: http.IncomingHttpHeaders
  body: string
  ms: number
  /** The reason for a missing response. */
  fault?: string
}

const agent = new http.Agent({ keepAlive: true })

/** One HTTP request over kept connections; cheaper than `fetch`, so that the server is measured and not the clients. */
export async function send(base: string, request: Request, timeoutMs = 30_000): Promise<Answer> {
  const start = performance.now()
  const elapsed = () => performance.now() - start
  try {
    const response = await respond(base, request, AbortSignal.timeout(timeoutMs))
    const body = await text(response)
    return { status: response.statusCode ?? 0, headers: response.headers, body, ms: elapsed() }
  } catch (error) {
    const fault = codeOf(error) || String(error)
    return { status: 0, headers: {}, body: '', ms: elapsed(), fault }
  }
}

function respond(base: string, request: Request, signal: AbortSignal): Promise<http.IncomingMessage> {
  const { method, path, body } = request
  return new Promise((resolve, reject) => {
    const headers = headersOf(request)
    const sent = http.request(base, { agent, method, path, headers, signal }, resolve)
    sent.on('error', reject)
    sent.end(body)
  })
}

/** The headers of a request: its own, and those that its body needs. */
export function headersOf({ headers, body }: Request): Record<string, string> {
  if (body === undefined) return { ...headers }
  return { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)), ...headers }
}
