import type { FastifyInstance, InjectOptions } from 'fastify'

interface InjectInit {
  method?: string | undefined
  headers?: ConstructorParameters<typeof Headers>[0]
  body?: unknown
}

/** A `fetch` that passes requests to the app without a socket. */
export function injectFetch(app: FastifyInstance) {
  return async (input: URL | string, init: InjectInit = {}): Promise<Response> => {
    const url = new URL(input)
    const response = await app.inject({
      method: (init.method ?? 'GET') as InjectMethod,
      url: url.pathname + url.search,
      headers: Object.fromEntries(new Headers(init.headers)),
      ...(typeof init.body === 'string' && { payload: init.body }),
    })
    const hasBody = response.statusCode !== 204 && response.statusCode !== 304
    return new Response(hasBody ? response.body : null, {
      status: response.statusCode,
      headers: pairs(response.headers),
    })
  }
}

interface RestOptions {
  body?: unknown
  query?: Record<string, string | string[]>
  headers?: Record<string, string>
}

/** A REST response; `body` is the parsed JSON, or undefined without a body. */
export interface RestReply {
  status: number
  headers: Record<string, string | string[] | undefined>
  // Tests read bodies of every shape.
  // biome-ignore lint/suspicious/noExplicitAny: an assertion on the value follows each read
  body: any
}

/** Calls `/api${path}`. */
export function restClient(app: FastifyInstance, accessToken?: string) {
  return async (method: InjectMethod, path: string, options: RestOptions = {}): Promise<RestReply> => {
    const response = await app.inject({
      method,
      url: `/api${path}`,
      headers: { ...(accessToken && { authorization: `Bearer ${accessToken}` }), ...options.headers },
      ...(options.query && { query: options.query }),
      ...(options.body !== undefined && { payload: options.body as NonNullable<InjectOptions['payload']> }),
    })
    const body = response.body ? JSON.parse(response.body) : undefined
    return { status: response.statusCode, headers: pairs(response.headers), body }
  }
}

type InjectMethod = NonNullable<InjectOptions['method']>

function pairs(headers: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
}
