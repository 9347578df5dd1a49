import { z } from 'zod'
import type { Meta, RestRoute } from '../../procedure-meta.js'
import { featureOf, pathParameters, type RestProcedure } from '../rest/procedures.js'
import type { ErrorStore } from './errors.js'
import type { Examples, OperationExample } from './examples.js'
import { namesOf } from './names.js'
import { type JsonSchema, jsonContent, type SchemaStore } from './schemas.js'
import { successResponses } from './success.js'

/** What the operations of a document share. */
export interface Surroundings {
  schemas: SchemaStore
  errors: ErrorStore
  procedures: readonly RestProcedure[]
  examples: Examples
}

/** Describes one operation: its parameters, its responses, and its security. */
export function describeOperation(procedure: RestProcedure, surroundings: Surroundings): object {
  const { schemas, errors, procedures, examples } = surroundings
  const { path, rest, meta, input, output } = procedure
  const fields = input ? schemas.resolve(schemas.write(input, 'input')) : {}
  const answer = isAnswer(output) ? schemas.write(output, 'output') : undefined
  const names = namesOf(procedure, procedures)
  const example = examples.operations[path]
  const parameters = [
    ...inputParameters(rest, fields, example),
    ...conditionParameters(rest, fields, answer, schemas),
    ...(meta.idempotency === 'kept' ? [{ $ref: '#/components/parameters/IdempotencyKey' }] : []),
  ]
  return {
    operationId: camelCase(path),
    tags: [featureOf(path)],
    ...(meta.summary && { summary: meta.summary }),
    ...describe(meta),
    security: securityOf(rest, meta, fields),
    ...(parameters.length > 0 && { parameters }),
    ...requestBody(rest, fields, (schema) => jsonContent(schemas.define(names.body, schema), example?.body)),
    responses: {
      ...successResponses({ rest, meta }, { answer, schemas, names, example: example?.response }),
      ...errors.describe(procedure),
    },
  }
}

/** Whether an output is sent in a body. */
export function isAnswer(output: unknown): output is z.ZodType {
  return output instanceof z.ZodType && !(output instanceof z.ZodVoid)
}

function describe({ description, access = 'public', idempotency, limits = [] }: Meta): { description?: string } {
  const paragraphs = [
    ...(description ? [description] : []),
    ...(access === 'public' || access === 'user' ? [] : [`Only for the role \`${access}\`.`]),
    ...(idempotency === 'none' ? [notRepeated] : []),
    ...limits.map(
      ({ points, windowSeconds, by }) => `Limited to ${points} requests ${intervalOf(windowSeconds)} ${per[by]}.`,
    ),
  ]
  return paragraphs.length > 0 ? { description: paragraphs.join('\n\n') } : {}
}

const notRepeated = 'The response contains a secret and is not stored, so an `Idempotency-Key` has no effect.'

const per = { address: 'for each client address', actor: 'for each user or API key' }

function intervalOf(seconds: number): string {
  if (seconds % 3600 === 0) return seconds === 3600 ? 'an hour' : `in ${seconds / 3600} hours`
  return seconds === 60 ? 'a minute' : `in ${seconds / 60} minutes`
}

function camelCase(name: string): string {
  return name.replace(/\.(\w)/g, (_, letter: string) => letter.toUpperCase())
}

// A public query may return more to an authenticated caller, such as drafts to their author. Where a refresh token is
// taken, the cookie may replace the one in the body.
function securityOf(rest: RestRoute, { access, scope }: Meta, fields: JsonSchema): object[] {
  if (takesCookie(fields)) return [{}, { refreshCookie: [] }]
  const credentials = [{ bearerAuth: [] }, ...(scope === undefined ? [] : [{ apiKeyAuth: [scope] }])]
  if (access !== 'public') return credentials
  return rest.method === 'GET' ? [{}, ...credentials] : []
}

function takesCookie({ properties = {} }: JsonSchema): boolean {
  return 'refreshToken' in properties
}

function inputParameters(rest: RestRoute, fields: JsonSchema, example: OperationExample | undefined): object[] {
  const inPath = pathParameters(rest.path)
  return propertiesOf(fields)
    .filter(([key]) => inPath.includes(key) || rest.method === 'GET')
    .map(([key, { description, ...schema }]) => ({
      name: key,
      in: inPath.includes(key) ? 'path' : 'query',
      required: inPath.includes(key) || isRequired(fields, key),
      ...(description && { description }),
      schema,
      ...(example?.parameters?.[key] !== undefined && { example: example.parameters[key] }),
    }))
}

function conditionParameters(
  rest: RestRoute,
  fields: JsonSchema,
  answer: JsonSchema | undefined,
  schemas: SchemaStore,
): object[] {
  if (rest.method !== 'GET' && fields.properties?.version) return [{ $ref: '#/components/parameters/IfMatch' }]
  const hasTag = rest.method === 'GET' && answer && schemas.resolve(answer).properties?.version
  return hasTag ? [{ $ref: '#/components/parameters/IfNoneMatch' }] : []
}

function requestBody(rest: RestRoute, fields: JsonSchema, write: (schema: JsonSchema) => object): object {
  const body = bodyProperties(rest, fields)
  if (body.length === 0) return {}
  const required = body.map(([key]) => key).filter((key) => isRequired(fields, key))
  const schema: JsonSchema = {
    type: 'object',
    ...(required.length > 0 && { required }),
    properties: Object.fromEntries(body),
    additionalProperties: false,
  }
  return { requestBody: { required: required.length > 0, content: write(schema) } }
}

// Many clients cannot send a body with DELETE, so the version is only documented as `If-Match`.
function bodyProperties(rest: RestRoute, fields: JsonSchema): [string, JsonSchema][] {
  if (rest.method === 'GET') return []
  const elsewhere = rest.method === 'DELETE' ? [...pathParameters(rest.path), 'version'] : pathParameters(rest.path)
  return propertiesOf(fields).filter(([key]) => !elsewhere.includes(key))
}

function isRequired(fields: JsonSchema, key: string): boolean {
  return fields.required?.includes(key) ?? false
}

function propertiesOf({ properties = {} }: JsonSchema): [string, JsonSchema][] {
  return Object.entries(properties).map(([key, schema]) => [key, typeof schema === 'object' ? schema : {}])
}
