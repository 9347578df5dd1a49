import type { RestProcedure } from '../../server/core/http/rest/procedures.js'
import type { Request } from './http.js'

/** Creates the request that calls a procedure with an input, valid or not. */
export type Transport = (procedure: RestProcedure, input: Readonly<Record<string, unknown>> | undefined) => Request

/** The two HTTP transports, by name. */
export const transports = { tRPC: overTrpc, REST: overRest } as const satisfies Record<string, Transport>

function overTrpc({ path, type }: RestProcedure, input: Parameters<Transport>[1]): Request {
  const json = JSON.stringify({ json: input })
  if (type === 'query')
    return { method: 'GET', path: `/trpc/${path}${input ? `?input=${encodeURIComponent(json)}` : ''}` }
  return { method: 'POST', path: `/trpc/${path}`, body: input ? json : '{}' }
}

function overRest({ rest: { method, path } }: RestProcedure, input: Parameters<Transport>[1]): Request {
  const fields = { ...input }
  const target = path.replaceAll(/\{(\w+)\}/g, (_, key: string) => {
    const value = fields[key]
    delete fields[key]
    return encode(textOf(value))
  })
  if (Object.keys(fields).length === 0) return { method, path: `/api${target}` }
  if (method !== 'GET') return { method, path: `/api${target}`, body: JSON.stringify(fields) }
  const query = Object.entries(fields).map(([key, value]) => `${encode(key)}=${encode(textOf(value))}`)
  return { method, path: `/api${target}?${query.join('&')}` }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
}

// A URL cannot hold half of a surrogate pair; as UTF-8 it is the replacement character.
function encode(text: string): string {
  return encodeURIComponent(Buffer.from(text).toString())
}
