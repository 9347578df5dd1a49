import { z } from 'zod'
import type { Access, Meta, RestRoute } from '../../procedure-meta.js'
import { pathParameters, type RestProcedure } from '../rest/procedures.js'
import { type ErrorStatus, errorResponseNames } from './errors.js'
import type { JsonSchema, SchemaStore } from './schemas.js'
import { successResponses } from './success.js'

/** Describes one operation: its parameters, its responses, and its security. */
export function describeOperation({ path, rest, meta, input, output }: RestProcedure, schemas: SchemaStore): object {
  const { summary, idempotency } = meta
  const fields = input ? schemas.resolve(schemas.write(input, 'input')) : {}
  const hasAnswer = output instanceof z.ZodType && rest.status !== 204
  const answer = hasAnswer ? schemas.write(output, 'output') : undefined
  const parameters = [
    ...inputParameters(rest, fields),
    ...conditionParameters(rest, fields, answer, schemas),
    ...(idempotency === 'kept' ? [{ $ref: '#/components/parameters/IdempotencyKey' }] : []),
  ]
  return {
    operationId: camelCase(path),
    tags: [path.split('.')[0]],
    ...(summary && { summary }),
    ...(idempotency === 'none' && { description: notRepeated }),
    security: securityOf(rest, meta),
    ...(parameters.length > 0 && { parameters }),
    ...requestBody(rest, fields),
    responses: {
      ...successResponses({ rest, meta }, answer, schemas),
      ...Object.fromEntries(errorStatuses(rest, meta, fields).map((status) => [status, refer(status)])),
      default: { $ref: '#/components/responses/OtherError' },
    },
  }
}

const notRepeated = 'The response contains a secret and is not stored, so an `Idempotency-Key` has no effect.'

function camelCase(name: string): string {
  return name.replace(/\.(\w)/g, (_, letter: string) => letter.toUpperCase())
}

// A public query may return more to an authenticated caller, such as drafts to their author.
function securityOf(rest: RestRoute, { access, scope }: Meta): object[] {
  const credentials = [{ bearerAuth: [] }, ...(scope === undefined ? [] : [{ apiKeyAuth: [scope] }])]
  if (access !== 'public') return credentials
  return rest.method === 'GET' ? [{}, ...credentials] : []
}

function inputParameters(rest: RestRoute, fields: JsonSchema): object[] {
  const inPath = pathParameters(rest.path)
  return propertiesOf(fields)
    .filter(([key]) => inPath.includes(key) || rest.method === 'GET')
    .map(([key, { description, ...schema }]) => ({
      name: key,
      in: inPath.includes(key) ? 'path' : 'query',
      required: inPath.includes(key) || isRequired(fields, key),
      ...(description && { description }),
      schema,
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

function requestBody(rest: RestRoute, fields: JsonSchema): object {
  const body = bodyProperties(rest, fields)
  if (body.length === 0) return {}
  const required = body.map(([key]) => key).filter((key) => isRequired(fields, key))
  const schema = {
    type: 'object',
    ...(required.length > 0 && { required }),
    properties: Object.fromEntries(body),
    additionalProperties: false,
  }
  return { requestBody: { required: required.length > 0, content: { 'application/json': { schema } } } }
}

// Many clients cannot send a body with DELETE, so the version is only documented as `If-Match`.
function bodyProperties(rest: RestRoute, fields: JsonSchema): [string, JsonSchema][] {
  if (rest.method === 'GET') return []
  const elsewhere = rest.method === 'DELETE' ? [...pathParameters(rest.path), 'version'] : pathParameters(rest.path)
  return propertiesOf(fields).filter(([key]) => !elsewhere.includes(key))
}

// The errors that this kind of operation can return; `default` stands for errors of the server. A 202 is returned to
// all callers alike. A refresh token may also be sent in a cookie, which not every origin may use, and an API key may lack
// the scope.
function errorStatuses(rest: RestRoute, { access = 'user', scope }: Meta, fields: JsonSchema): ErrorStatus[] {
  const changes = rest.method !== 'GET'
  const hasInput = propertiesOf(fields).length > 0
  const hasBody = bodyProperties(rest, fields).length > 0
  const possible: [ErrorStatus, boolean][] = [
    [400, hasInput],
    [401, rest.status !== 202],
    [403, !openAccess.has(access) || scope !== undefined || Boolean(fields.properties?.refreshToken)],
    [404, pathParameters(rest.path).length > 0],
    [409, changes && access !== 'public'],
    [412, changes && Boolean(fields.properties?.version)],
    [413, hasBody],
    [415, hasBody],
    [422, hasBody],
    [429, true],
  ]
  return possible.filter(([, isPossible]) => isPossible).map(([status]) => status)
}

const openAccess: ReadonlySet<Access> = new Set(['public', 'user'])

function refer(status: ErrorStatus): object {
  return { $ref: `#/components/responses/${errorResponseNames[status]}` }
}

function isRequired(fields: JsonSchema, key: string): boolean {
  return fields.required?.includes(key) ?? false
}

function propertiesOf({ properties = {} }: JsonSchema): [string, JsonSchema][] {
  return Object.entries(properties).map(([key, schema]) => [key, typeof schema === 'object' ? schema : {}])
}
