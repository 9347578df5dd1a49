import type { AnyTRPCProcedure, AnyTRPCRouter } from '@trpc/server'
import { TRPCError } from '@trpc/server'
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { BadRequestError, UnsupportedMediaTypeError } from '../../errors.js'
import { isRecord } from '../../unknown-values.js'
import { parseJson, readJson, readOnce } from '../json-input.js'

/** The maximum number of calls in one HTTP request. */
export const maxBatchSize = 10

/** A request of tRPC's HTTP protocol. */
export type TrpcRequest = FastifyRequest<{ Params: { '*': string }; Querystring: Record<string, unknown> }>

/** One call of a request; `procedure` is undefined if the router has none at the path. */
export interface Call {
  index: number
  path: string
  procedure: AnyTRPCProcedure | undefined
}

/** The calls of a request, and whether it is a batch. The response to a batch is an array, even for one call. */
export interface Calls {
  isBatch: boolean
  list: readonly Call[]
}

/**
 * Reads which procedures a request calls.
 *
 * @throws UnsupportedMediaTypeError without a content type, BadRequestError for too many calls or mixed kinds
 */
export function readCalls(router: AnyTRPCRouter, request: TrpcRequest): Calls {
  if (request.method !== 'GET' && request.headers['content-type'] === undefined) {
    throw new UnsupportedMediaTypeError()
  }
  const isBatch = request.query.batch === '1'
  const paths = isBatch ? request.params['*'].split(',') : [request.params['*']]
  if (paths.length > maxBatchSize) throw new BadRequestError({ message: tooMany })
  const procedures: Record<string, AnyTRPCProcedure | undefined> = router._def.procedures
  const list = paths.map((path, index) => ({ index, path, procedure: procedures[path] }))
  if (new Set(list.flatMap(({ procedure }) => procedure?._def.type ?? [])).size > 1) {
    throw new BadRequestError({ message: 'Queries and mutations cannot share a batch.' })
  }
  return { isBatch, list }
}

const tooMany = `A batch may contain at most ${maxBatchSize} calls.`

/**
 * Creates the function that parses the inputs of a request, in the order of its calls: superjson in JSON, from the query
 * of a GET request and otherwise from the body. It parses them once, and throws the same error on each call.
 *
 * The error is a TRPCError BAD_REQUEST for inputs that `readJson` or the transformer rejects.
 */
export function createInputsReader(router: AnyTRPCRouter, request: TrpcRequest, calls: Calls) {
  return readOnce((): readonly unknown[] => {
    try {
      return deserialize(router, readSerialized(request), calls)
    } catch (cause) {
      throw new TRPCError({ code: 'BAD_REQUEST', cause })
    }
  })
}

function readSerialized({ method, query: { input }, body }: TrpcRequest): unknown {
  if (method !== 'GET') return readJson(body)
  if (input === undefined || input === '') return undefined
  if (typeof input !== 'string') throw new BadRequestError()
  return parseJson(input)
}

function deserialize(router: AnyTRPCRouter, serialized: unknown, { isBatch, list }: Calls): unknown[] {
  const { transformer } = router._def._config
  if (serialized === undefined) return []
  if (isBatch && !isRecord(serialized)) throw new BadRequestError()
  return list.map(({ index, procedure }) => {
    const input = isBatch && isRecord(serialized) ? serialized[index] : serialized
    return input === undefined ? undefined : withoutDirection(procedure, transformer.input.deserialize(input))
  })
}

/**
 * Removes what React Query's integration of tRPC sends beside the cursor of an infinite list: whether it wants the page
 * after the cursor or the one before. The cursor says all, so that inputs have no such key, and REST refuses it.
 */
function withoutDirection(procedure: AnyTRPCProcedure | undefined, input: unknown): unknown {
  const takesCursor = procedure?._def.inputs.some((schema) => schema instanceof z.ZodObject && 'cursor' in schema.shape)
  if (!takesCursor || !isRecord(input) || !directions.has(input.direction)) return input
  const { direction: _, ...fields } = input
  return fields
}

const directions = new Set<unknown>(['forward', 'backward'])
