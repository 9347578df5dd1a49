import superjson from 'superjson'
import type { RestProcedure } from '../core/http/rest/procedures.js'

/** A call as an HTTP request. */
export interface CallRequest {
  method: RestProcedure['rest']['method']
  path: string
  /** The JSON text of the body. */
  body?: string
}

/** Writes the request that calls a procedure with an input, valid or not. */
export type WriteRequest = (
  procedure: RestProcedure,
  input: Readonly<Record<string, unknown>> | undefined,
) => CallRequest

/** The two HTTP transports, by name. */
export const requestWriters = { tRPC: overTrpc, REST: overRest } as const satisfies Record<string, WriteRequest>

function overTrpc({ path, type }: RestProcedure, input: Parameters<WriteRequest>[1]): CallRequest {
  const json = serialize(input)
  if (type !== 'query') return { method: 'POST', path: `/trpc/${path}`, body: input ? json : '{}' }
  return { method: 'GET', path: `/trpc/${path}${input ? `?input=${encodeURIComponent(json)}` : ''}` }
}

// superjson refuses keys that reach a prototype, which plain JSON may hold, and values that are nested very deeply.
function serialize(input: unknown): string {
  return JSON.stringify(isJson(input) ? { json: input } : superjson.serialize(input))
}

/** Whether JSON keeps a value as it is. It visits level by level, because the values may be nested very deeply. */
function isJson(input: unknown): boolean {
  for (let level = [input]; level.length > 0; level = level.flatMap(valuesIn)) {
    if (!level.every((value) => isPrimitive(value) || Array.isArray(value) || isPlain(value))) return false
  }
  return true
}

function valuesIn(value: unknown): unknown[] {
  return typeof value === 'object' && value !== null ? Object.values(value) : []
}

function isPrimitive(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0)
  return value === null || typeof value === 'string' || typeof value === 'boolean'
}

function isPlain(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}

function overRest({ rest: { method, path } }: RestProcedure, input: Parameters<WriteRequest>[1]): CallRequest {
  const fields = Object.entries(input ?? {}).filter(([, value]) => value !== undefined)
  const values = new Map(fields)
  const target = path.replaceAll(/\{(\w+)\}/g, (_, key: string) => {
    const value = values.get(key)
    values.delete(key)
    return encode(textOf(value))
  })
  if (values.size === 0) return { method, path: `/api${target}` }
  if (method !== 'GET') return { method, path: `/api${target}`, body: JSON.stringify(Object.fromEntries(values)) }
  const query = [...values].flatMap(([key, value]) =>
    [value].flat().map((item) => `${encode(key)}=${encode(textOf(item))}`),
  )
  return { method, path: `/api${target}?${query.join('&')}` }
}

/** A value as the text that a path or a query holds. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
}

// A URL cannot hold half of a surrogate pair; as UTF-8 it is the replacement character.
function encode(text: string): string {
  return encodeURIComponent(Buffer.from(text).toString())
}
