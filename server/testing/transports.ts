import { randomInt } from 'node:crypto'
import type { FastifyInstance, LightMyRequestResponse } from 'fastify'
import superjson from 'superjson'
import type { ErrorBody } from '../core/errors.js'
import { listProcedures, listRestProcedures, type RestProcedure } from '../core/http/rest/procedures.js'
import { appRouter } from '../router.js'
import { type CallRequest, requestWriters } from './requests.js'

/** The result of a transport: the value as JSON, or the error object. */
export interface Outcome {
  status: number
  headers: Record<string, unknown>
  /** The text of the body. */
  body: string
  data?: unknown
  error?: ErrorBody
}

interface TransportCall {
  /** A procedure of the application by its name, or any other. */
  procedure: string | RestProcedure
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

/** Calls over tRPC's HTTP protocol. */
export const trpcTransport: Transport = async (app, call) => {
  return readTrpc(await send(app, requestWriters.tRPC(factsOf(call), call.input), call))
}

/** Calls the REST route of a procedure, and converts lists back to the form of the procedure. */
export const restTransport: Transport = async (app, call) => {
  return readRest(await send(app, requestWriters.REST(factsOf(call), call.input), call))
}

export const transports = { tRPC: trpcTransport, REST: restTransport } as const

interface TrpcFailure {
  data: { error: ErrorBody }
}

/** Reads a response of tRPC's HTTP protocol. */
export function readTrpc({ statusCode: status, headers, body }: LightMyRequestResponse): Outcome {
  const { result, error } = JSON.parse(body)
  if (error) return { status, headers, body, error: superjson.deserialize<TrpcFailure>(error).data.error }
  return { status, headers, body, data: toJson(superjson.deserialize(result.data)) }
}

/** Reads a response of REST. */
export function readRest({ statusCode: status, headers, body }: LightMyRequestResponse): Outcome {
  if (!body) return { status, headers, body, data: undefined }
  const { data, meta, error } = JSON.parse(body)
  if (error) return { status, headers, body, error }
  return { status, headers, body, data: meta ? { items: data, meta } : data }
}

function factsOf({ procedure }: TransportCall): RestProcedure {
  if (typeof procedure !== 'string') return procedure
  const facts = everyProcedure().get(procedure)
  if (!facts) throw new Error(`There is no procedure ${procedure}.`)
  return facts
}

interface SentRequest extends Omit<CallRequest, 'body'> {
  body?: string | Buffer
}

/** Sends a request from a random address, so that calls do not exceed limits together. */
export function send(app: FastifyInstance, request: SentRequest, { accessToken, headers }: Partial<TransportCall>) {
  const { method, path: url, body } = request
  return app.inject({
    method,
    url,
    remoteAddress: someAddress(),
    headers: {
      ...(accessToken && { authorization: `Bearer ${accessToken}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { payload: body }),
  })
}

function someAddress(): string {
  return `10.${randomInt(256)}.${randomInt(256)}.${randomInt(1, 255)}`
}

function toJson(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value))
}
