import type { RestProcedure } from '../rest/procedures.js'
import { rateLimitHeaders } from './errors.js'
import type { OperationNames } from './names.js'
import { type JsonSchema, jsonContent, type SchemaStore } from './schemas.js'

interface Answer {
  /** What the procedure returns; undefined if the response has no body. */
  answer: JsonSchema | undefined
  schemas: SchemaStore
  names: OperationNames
  /** The body of a real response. */
  example: unknown
}

/** Describes the successful responses of an operation: body, headers, and 304 if an `ETag` is compared. */
export function successResponses(
  { rest: { method, status = 200, locatedBy }, meta }: Pick<RestProcedure, 'rest' | 'meta'>,
  { answer, schemas, names, example }: Answer,
): object {
  const fields = answer ? schemas.resolve(answer) : {}
  const hasLocation = status === 201 && locatedBy !== null
  const hasTag = Boolean(fields.properties?.version)
  const response = {
    description: hasLocation ? `${descriptions[status]} ${location}` : descriptions[status],
    headers: {
      ...everywhere,
      ...(hasLocation && { Location: refer('Location') }),
      ...(meta.idempotency === 'kept' && { 'Idempotency-Replayed': refer('IdempotencyReplayed') }),
      ...(meta.setsCookie && { 'Set-Cookie': refer('SetCookie') }),
      ...headersOf(fields, schemas),
    },
    ...(answer && {
      content: jsonContent(schemas.define(names.response, envelope(answer, fields)), example),
    }),
  }
  return { [status]: response, ...(method === 'GET' && hasTag && { 304: notModified }) }
}

const everywhere = { 'x-request-id': refer('RequestId'), ...rateLimitHeaders }

const descriptions = {
  200: 'OK. The request has succeeded.',
  201: 'Created.',
  202: 'Accepted. Processing continues in the background.',
  204: 'No content. The request has succeeded, and the response has no body.',
} as const

const location = 'The `Location` header holds the URL of the new resource.'

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
