import { detailsMax, detailTextMax, type ErrorCode, errorTable } from '../../errors.js'
import { originMax } from '../../fields/schema.js'
import { possibleErrors } from '../../possible-errors.js'
import type { RestProcedure } from '../rest/procedures.js'
import type { Examples } from './examples.js'
import type { JsonSchema } from './schemas.js'

/** Collects the error responses of the operations, which share one component for each set of codes. */
export interface ErrorStore {
  /** Returns the error responses of an operation by status: exactly the errors that it can return. */
  describe(procedure: RestProcedure): Record<string, object>
  /** Returns `components.responses`. */
  components(): Record<string, object>
}

/** @param recorded the body of an error response, by its code */
export function createErrorStore(recorded: Examples['errors']): ErrorStore {
  const responses = new Map<string, object>()
  return {
    describe(procedure) {
      const possible = possibleErrors(procedure)
      const statuses = new Set(possible.map((code) => errorTable[code].status))
      const named = [...statuses].map((status) => {
        const codes = possible.filter((code) => errorTable[code].status === status)
        const name = nameOf(codes)
        responses.set(name, responses.get(name) ?? errorResponse(status, codes, recorded))
        return [status, { $ref: `#/components/responses/${name}` }]
      })
      return Object.fromEntries(named)
    },
    components: () => Object.fromEntries([...responses].sort(([one], [other]) => (one < other ? -1 : 1))),
  }
}

function nameOf(codes: readonly ErrorCode[]): string {
  return codes
    .map((code) => code.toLowerCase().replace(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase()))
    .join('Or')
}

/** The rate limit headers of every response of a procedure. Errors that occur before it is called have none. */
export const rateLimitHeaders = {
  RateLimit: { $ref: '#/components/headers/RateLimit' },
  'RateLimit-Policy': { $ref: '#/components/headers/RateLimitPolicy' },
}

/** `components.schemas` of the error format. */
export const errorSchemas: Readonly<Record<string, JsonSchema>> = {
  ErrorCode: {
    type: 'string',
    enum: Object.keys(errorTable),
    description: 'A stable code. Clients should base decisions on it.',
  },
  ErrorDetail: {
    type: 'object',
    description: 'One error in the input.',
    required: ['path', 'message', 'code'],
    properties: {
      path: {
        type: 'string',
        maxLength: detailTextMax,
        description:
          'The path of the invalid value, such as `items.0.title`. Empty if the error concerns the whole input.',
      },
      message: { type: 'string', maxLength: detailTextMax },
      code: { type: 'string', maxLength: 100 },
    },
  },
  ApiError: {
    type: 'object',
    description: 'What every error response contains.',
    required: ['code', 'message', 'requestId'],
    properties: {
      code: { $ref: '#/components/schemas/ErrorCode' },
      message: { type: 'string', maxLength: 1000, description: 'A message for people. Its text may change.' },
      details: { type: 'array', maxItems: detailsMax, items: { $ref: '#/components/schemas/ErrorDetail' } },
      requestId: {
        type: 'string',
        maxLength: originMax.requestId,
        description: 'The id of the request, as in the `x-request-id` header.',
      },
    },
  },
}

function errorResponse(status: number, codes: readonly ErrorCode[], recorded: Examples['errors']): object {
  const examples = codes.flatMap((code) =>
    code in recorded ? [[code, { summary: errorTable[code].message, value: recorded[code] }]] : [],
  )
  return {
    description: codes.map((code) => `\`${code}\`: ${errorTable[code].message}`).join('\n\n'),
    headers: { 'x-request-id': { $ref: '#/components/headers/RequestId' }, ...rateLimitHeaders, ...headersOf(status) },
    content: { 'application/json': { schema: schemaOf(codes), examples: Object.fromEntries(examples) } },
  }
}

function schemaOf(codes: readonly ErrorCode[]): JsonSchema {
  const narrowed: JsonSchema = { type: 'object', properties: { code: { type: 'string', enum: [...codes] } } }
  const error: JsonSchema = { allOf: [{ $ref: '#/components/schemas/ApiError' }, narrowed] }
  return { type: 'object', required: ['error'], properties: { error } }
}

function headersOf(status: number): object {
  const retryAfter = { 'Retry-After': { $ref: '#/components/headers/RetryAfter' } }
  const challenge = { 'WWW-Authenticate': { $ref: '#/components/headers/WwwAuthenticate' } }
  return { ...(status === 401 && challenge), ...(waits.has(status) && retryAfter) }
}

const waits: ReadonlySet<number> = new Set([409, 429, 503])
