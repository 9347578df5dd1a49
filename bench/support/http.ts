import http from 'node:http'
import { text } from 'node:stream/consumers'

/** What is sent: over `http` by {@link send}, or over and over by a load process. */
export interface Request {
  method: string
  path: string
  headers?: Readonly<Record<string, string>>
  /** JSON as it goes over the wire. */
  body?: string
}

export interface Answer {
  /** 0 if none came: the connection broke, or the time was up. */
  status: number
  headers: http.IncomingHttpHeaders
  body: string
  ms: number
  /** Why there was no answer. */
  fault?: string
}

const agent = new http.Agent({ keepAlive: true })

/** One HTTP request over kept connections; lighter than `fetch`, so that the clients measure the server. */
export async function send(base: string, request: Request, timeoutMs = 30_000): Promise<Answer> {
  const start = performance.now()
  const elapsed = () => performance.now() - start
  try {
    const response = await respond(base, request, AbortSignal.timeout(timeoutMs))
    const body = await text(response)
    return { status: response.statusCode ?? 0, headers: response.headers, body, ms: elapsed() }
  } catch (error) {
    const fault = error instanceof Error && 'code' in error ? String(error.code) : String(error)
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

/** The headers with which a request goes out: what it names, and what its body needs. */
export function headersOf({ headers, body }: Request): Record<string, string> {
  if (body === undefined) return { ...headers }
  return { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)), ...headers }
}
