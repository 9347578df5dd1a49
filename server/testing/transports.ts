import { randomInt } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import superjson from 'superjson'
import type { ErrorBody } from '../core/errors.js'
import { listProcedures, listRestProcedures, type RestProcedure } from '../core/http/rest/procedures.js'
import { appRouter } from '../router.js'

/** The result of a transport: the value as JSON, or the error object. */
interface Outcome {
  status: number
  headers: Record<string, unknown>
  data?: unknown
  error?: ErrorBody
}

interface TransportCall {
  procedure: string
  input?: Record<string, unknown> | undefined
  accessToken?: string | undefined
  /** Further headers, such as preconditions. */
  headers?: Record<string, string>
}

export type Transport = (app: FastifyInstance, call: TransportCall) => Promise<Outcome>

/** Every procedure of the router by its path; each has a REST route. */
export function everyProcedure(): ReadonlyMap<string, RestProcedure> {
  const procedures = new Map(listRestProcedures(appRouter).map((procedure) => [procedure.path, procedure]))
  const bare = listProcedures(appRouter).filter(({ path }) => !procedures.has(path))
  if (bare.length > 0) throw new Error(`Without a REST route: ${bare.map(({ path }) => path).join(', ')}`)
  return procedures
}

interface TrpcFailure {
  data: { error: ErrorBody }
}

/** Calls over tRPC's HTTP protocol. Each call has a different address, so that they do not exceed limits together. */
export const trpcTransport: Transport = async (app, { procedure, input, accessToken, headers: given }) => {
  const isQuery = factsOf(procedure).type === 'query'
  const body = JSON.stringify(superjson.serialize(input))
  const query = isQuery && input ? `?input=${encodeURIComponent(body)}` : ''
  const response = await app.inject({
    method: isQuery ? 'GET' : 'POST',
    url: `/trpc/${procedure}${query}`,
    remoteAddress: someAddress(),
    headers: { ...given, ...bearer(accessToken), ...(!isQuery && { 'content-type': 'application/json' }) },
    ...(!isQuery && input && { payload: body }),
  })
  const { statusCode: status, headers } = response
  const { result, error } = response.json()
  if (error) return { status, headers, error: superjson.deserialize<TrpcFailure>(error).data.error }
  return { status, headers, data: toJson(superjson.deserialize(result.data)) }
}

/** Calls the REST route of a procedure, and converts lists back to the form of the procedure. */
export const restTransport: Transport = async (app, { procedure, input, accessToken, headers: given }) => {
  const { method, path } = factsOf(procedure).rest
  const rest = { ...input }
  const url = path.replaceAll(/\{(\w+)\}/g, (_, key: string) => {
    const value = String(rest[key])
    delete rest[key]
    return encodeURIComponent(value)
  })
  const hasBody = method !== 'GET' && Object.keys(rest).length > 0
  const response = await app.inject({
    method,
    url: `/api${url}`,
    headers: { ...given, ...bearer(accessToken) },
    remoteAddress: someAddress(),
    ...(method === 'GET' && { query: queryOf(rest) }),
    ...(hasBody && { payload: rest }),
  })
  const { statusCode: status, headers } = response
  if (!response.body) return { status, headers, data: undefined }
  const { data, meta, error } = response.json()
  if (error) return { status, headers, error }
  return { status, headers, data: meta ? { items: data, meta } : data }
}

export const transports = { tRPC: trpcTransport, REST: restTransport } as const

function factsOf(procedure: string): RestProcedure {
  const facts = everyProcedure().get(procedure)
  if (!facts) throw new Error(`There is no procedure ${procedure}.`)
  return facts
}

/** The query parameters of an input. An array is a parameter that occurs several times. */
export function queryOf(input: Record<string, unknown>): Record<string, string | string[]> {
  const entries = Object.entries(input).filter(([, value]) => value !== undefined)
  return Object.fromEntries(
    entries.map(([key, value]) => [key, Array.isArray(value) ? value.map(String) : String(value)]),
  )
}

function bearer(accessToken: string | undefined): Record<string, string> {
  return accessToken ? { authorization: `Bearer ${accessToken}` } : {}
}

function someAddress(): string {
  return `10.${randomInt(256)}.${randomInt(256)}.${randomInt(1, 255)}`
}

function toJson(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value))
}
