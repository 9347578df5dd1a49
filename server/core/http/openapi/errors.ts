import { type ErrorCode, errorTable } from '../../errors.js'
import type { JsonSchema } from './schemas.js'

/** The names of the shared error responses, by status. */
export const errorResponseNames = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  412: 'PreconditionFailed',
  413: 'PayloadTooLarge',
  415: 'UnsupportedMediaType',
  422: 'Unprocessable',
  429: 'RateLimited',
} as const

export type ErrorStatus = keyof typeof errorResponseNames

/** `components.responses`: one for each status, and one for all other errors. */
export function errorResponses(): Record<string, object> {
  const named = Object.entries(errorResponseNames).map(([status, name]) => [name, errorResponse(Number(status))])
  return { ...Object.fromEntries(named), OtherError: otherError() }
}

/** The rate limit headers of every response. */
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
        description:
          'The path of the invalid value, such as `items.0.title`. Empty if the error concerns the whole input.',
      },
      message: { type: 'string' },
      code: { type: 'string' },
    },
  },
  ErrorResponse: {
    type: 'object',
    description: 'The body of every error response.',
    required: ['error'],
    properties: {
      error: {
        type: 'object',
        required: ['code', 'message', 'requestId'],
        properties: {
          code: { $ref: '#/components/schemas/ErrorCode' },
          message: { type: 'string', description: 'A message for people. Its text may change.' },
          details: { type: 'array', items: { $ref: '#/components/schemas/ErrorDetail' } },
          requestId: { type: 'string', description: 'The id of the request, as in the `x-request-id` header.' },
        },
      },
    },
  },
}

function errorResponse(status: number): object {
  const codes = codesOf(status)
  const [first] = codes
  const meaning = first ? `${errorTable[first].message} ` : ''
  return {
    description: `${meaning}Codes: ${codes.map((code) => `\`${code}\``).join(', ')}.`,
    headers: { 'x-request-id': { $ref: '#/components/headers/RequestId' }, ...headersOf(status) },
    content: { 'application/json': { schema: errorSchema, ...(first && { example: exampleOf(first) }) } },
  }
}

function exampleOf(code: ErrorCode): object {
  const details = [{ path: 'title', message: 'Invalid input: expected string', code: 'invalid_type' }]
  const { message } = errorTable[code]
  const requestId = '0198f3a2-7c41-7b8e-9d27-3f1f6d0c5a90'
  return { error: { code, message, ...(code === 'VALIDATION_ERROR' && { details }), requestId } }
}

function headersOf(status: number): object {
  if (status === 429) return { 'Retry-After': { $ref: '#/components/headers/RetryAfter' }, ...rateLimitHeaders }
  if (status === 401) return { 'WWW-Authenticate': { $ref: '#/components/headers/WwwAuthenticate' } }
  return {}
}

function otherError(): object {
  return {
    description: 'Any other error: `INTERNAL_ERROR` (500), or `SERVICE_UNAVAILABLE` (503) with a `Retry-After` header.',
    headers: {
      'x-request-id': { $ref: '#/components/headers/RequestId' },
      'Retry-After': { $ref: '#/components/headers/RetryAfter' },
    },
    content: { 'application/json': { schema: errorSchema, example: exampleOf('SERVICE_UNAVAILABLE') } },
  }
}

const errorSchema = { $ref: '#/components/schemas/ErrorResponse' }

function codesOf(status: number): ErrorCode[] {
  const codes: ErrorCode[] = []
  let code: ErrorCode
  for (code in errorTable) if (errorTable[code].status === status) codes.push(code)
  return codes
}
