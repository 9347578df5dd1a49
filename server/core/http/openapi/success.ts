import type { RestProcedure } from '../rest/procedures.js'
import { rateLimitHeaders } from './errors.js'
import type { JsonSchema, SchemaStore } from './schemas.js'

/** Describes the successful responses of an operation: body, headers, and 304 if an `ETag` is compared. */
export function successResponses(
  { rest: { method, status = 200, locatedBy }, meta }: Pick<RestProcedure, 'rest' | 'meta'>,
  answer: JsonSchema | undefined,
  schemas: SchemaStore,
): object {
  const fields = answer ? schemas.resolve(answer) : {}
  const hasTag = Boolean(fields.properties?.version)
  const response = {
    description: descriptions[status],
    headers: {
      ...everywhere,
      ...(status === 201 && locatedBy !== null && { Location: refer('Location') }),
      ...(meta.idempotency === 'kept' && { 'Idempotency-Replayed': refer('IdempotencyReplayed') }),
      ...headersOf(fields, schemas),
    },
    ...(answer && { content: { 'application/json': { schema: envelope(answer, fields) } } }),
  }
  return { [status]: response, ...(method === 'GET' && hasTag && { 304: notModified }) }
}

const everywhere = { 'x-request-id': refer('RequestId'), ...rateLimitHeaders }

const descriptions = {
  200: 'OK. The request has succeeded.',
  201: 'Created. The `Location` header holds the URL of the new resource.',
  202: 'Accepted. Processing continues in the background.',
  204: 'No content. The request has succeeded, and the response has no body.',
} as const

const notModified = {
  description: 'Not modified. The resource still has the version given in `If-None-Match`.',
  headers: { ...everywhere, ETag: refer('ETag') },
}

function headersOf(fields: JsonSchema, schemas: SchemaStore): object {
  return {
    ...(fields.properties?.version && { ETag: refer('ETag') }),
    ...(hasCursor(fields, schemas) && { Link: refer('Link') }),
  }
}

function envelope(answer: JsonSchema, { properties = {} }: JsonSchema): JsonSchema {
  const { items, meta } = properties
  const isList = items !== undefined && meta !== undefined
  if (isList) return { type: 'object', required: ['data', 'meta'], properties: { data: items, meta } }
  return { type: 'object', required: ['data'], properties: { data: answer } }
}

function hasCursor({ properties = {} }: JsonSchema, schemas: SchemaStore): boolean {
  const { items, meta } = properties
  return items !== undefined && typeof meta === 'object' && 'nextCursor' in (schemas.resolve(meta).properties ?? {})
}

function refer(header: string): object {
  return { $ref: `#/components/headers/${header}` }
}
