import type { TRPC_ERROR_CODE_KEY } from '@trpc/server'

/** Maps each error code to its HTTP status, its tRPC code and its default message. */
export const errorTable = {
  VALIDATION_ERROR: { status: 400, trpc: 'BAD_REQUEST', message: 'The input is not valid.' },
  BAD_REQUEST: { status: 400, trpc: 'BAD_REQUEST', message: 'The request is malformed.' },
  UNAUTHORIZED: {
    status: 401,
    trpc: 'UNAUTHORIZED',
    message: 'Authentication is required. Send a valid access token.',
  },
  INVALID_CREDENTIALS: {
    status: 401,
    trpc: 'UNAUTHORIZED',
    message: 'The email address or the password is incorrect.',
  },
  INVALID_TOKEN: { status: 401, trpc: 'UNAUTHORIZED', message: 'The token is invalid, expired or already used.' },
  FORBIDDEN: { status: 403, trpc: 'FORBIDDEN', message: 'You do not have permission for this operation.' },
  NOT_FOUND: {
    status: 404,
    trpc: 'NOT_FOUND',
    message: 'Not found. The resource does not exist, or you may not see it.',
  },
  METHOD_NOT_ALLOWED: {
    status: 405,
    trpc: 'METHOD_NOT_SUPPORTED',
    message: 'This path does not support the method of the request.',
  },
  CONFLICT: { status: 409, trpc: 'CONFLICT', message: 'The request conflicts with the current state of the resource.' },
  EMAIL_TAKEN: { status: 409, trpc: 'CONFLICT', message: 'The email address belongs to another account.' },
  LAST_ADMIN: {
    status: 409,
    trpc: 'CONFLICT',
    message: 'The last administrator cannot be removed, disabled or demoted.',
  },
  IDEMPOTENCY_IN_PROGRESS: {
    status: 409,
    trpc: 'CONFLICT',
    message: 'The first request with this Idempotency-Key has not ended. Repeat the request later.',
  },
  VERSION_MISMATCH: {
    status: 412,
    trpc: 'PRECONDITION_FAILED',
    message: 'The resource has changed since you read it. Read it again, then repeat the change.',
  },
  PAYLOAD_TOO_LARGE: { status: 413, trpc: 'PAYLOAD_TOO_LARGE', message: 'The request body is larger than 256 KiB.' },
  UNSUPPORTED_MEDIA_TYPE: {
    status: 415,
    trpc: 'UNSUPPORTED_MEDIA_TYPE',
    message: 'The request body must have the content type application/json.',
  },
  IDEMPOTENCY_KEY_REUSED: {
    status: 422,
    trpc: 'UNPROCESSABLE_CONTENT',
    message: 'This Idempotency-Key was sent before with another input. Use a new key for each new request.',
  },
  UNPROCESSABLE: {
    status: 422,
    trpc: 'UNPROCESSABLE_CONTENT',
    message: 'The request is valid, but a rule of the application does not allow it.',
  },
  PASSWORD_TOO_COMMON: {
    status: 422,
    trpc: 'UNPROCESSABLE_CONTENT',
    message: 'The password is too common. Choose another one.',
  },
  RATE_LIMITED: { status: 429, trpc: 'TOO_MANY_REQUESTS', message: 'Too many requests. Try again later.' },
  INTERNAL_ERROR: {
    status: 500,
    trpc: 'INTERNAL_SERVER_ERROR',
    message: 'An unexpected error occurred on the server.',
  },
  SERVICE_UNAVAILABLE: {
    status: 503,
    trpc: 'SERVICE_UNAVAILABLE',
    message: 'The service is temporarily unavailable. Try again later.',
  },
} as const satisfies Record<string, { status: number; trpc: TRPC_ERROR_CODE_KEY; message: string }>

export type ErrorCode = keyof typeof errorTable

/** One error in an input: its path (`items.0.title`, or empty for the whole input), a message, and the code of Zod. */
export interface ErrorDetail {
  path: string
  message: string
  code: string
}

interface ErrorOptions {
  /** Replaces the default message of the code. */
  message?: string | undefined
  details?: ErrorDetail[]
  /** Whole seconds after which the client may retry; sent as `Retry-After`. */
  retryAfterSeconds?: number
  /** A more specific HTTP status than that of the code. */
  status?: number
  cause?: unknown
}

/** The maximum number of details, so that an error response is not much larger than its input. */
export const detailsMax = 100
/** The maximum length of a path and of a message in them. */
export const detailTextMax = 200

/**
 * The error that services throw, with a class for each code of the table. The code determines the status. Clients
 * receive the message.
 */
export class AppError extends Error {
  /** At most 100, each with at most 200 characters of path and of message. */
  readonly details: ErrorDetail[] | undefined
  readonly retryAfterSeconds: number | undefined
  readonly status: number

  constructor(
    readonly code: ErrorCode,
    { message, details, retryAfterSeconds, status, cause }: ErrorOptions = {},
  ) {
    // Without a stack trace, which would be the largest cost of a rejection under load. The cause keeps its stack trace.
    const { stackTraceLimit } = Error
    Error.stackTraceLimit = 0
    super(message ?? errorTable[code].message, { cause })
    Error.stackTraceLimit = stackTraceLimit
    this.name = new.target.name
    this.details = details?.slice(0, detailsMax).map(shorten)
    this.retryAfterSeconds = retryAfterSeconds
    this.status = status ?? errorTable[code].status
  }
}

function shorten({ path, message, code }: ErrorDetail): ErrorDetail {
  return { path: path.slice(0, detailTextMax), message: message.slice(0, detailTextMax), code }
}

/** Whether an error must be investigated. SERVICE_UNAVAILABLE without a cause only means that the server is busy. */
export function isFailure({ code, status, cause }: AppError): boolean {
  return status >= 500 && !(code === 'SERVICE_UNAVAILABLE' && cause === undefined)
}

/** Creates the class of a code. */
function errorOf(code: ErrorCode) {
  return class extends AppError {
    constructor(options?: ErrorOptions) {
      super(code, options)
    }
  }
}

export class ValidationError extends errorOf('VALIDATION_ERROR') {}
export class BadRequestError extends errorOf('BAD_REQUEST') {}
export class UnauthorizedError extends errorOf('UNAUTHORIZED') {}
export class InvalidCredentialsError extends errorOf('INVALID_CREDENTIALS') {}
export class InvalidTokenError extends errorOf('INVALID_TOKEN') {}
export class ForbiddenError extends errorOf('FORBIDDEN') {}
export class MethodNotAllowedError extends errorOf('METHOD_NOT_ALLOWED') {}
export class ConflictError extends errorOf('CONFLICT') {}
export class EmailTakenError extends errorOf('EMAIL_TAKEN') {}
export class LastAdminError extends errorOf('LAST_ADMIN') {}
export class IdempotencyInProgressError extends errorOf('IDEMPOTENCY_IN_PROGRESS') {}
export class VersionMismatchError extends errorOf('VERSION_MISMATCH') {}
export class PayloadTooLargeError extends errorOf('PAYLOAD_TOO_LARGE') {}
export class UnsupportedMediaTypeError extends errorOf('UNSUPPORTED_MEDIA_TYPE') {}
export class IdempotencyKeyReusedError extends errorOf('IDEMPOTENCY_KEY_REUSED') {}
export class UnprocessableError extends errorOf('UNPROCESSABLE') {}
export class PasswordTooCommonError extends errorOf('PASSWORD_TOO_COMMON') {}
export class RateLimitedError extends errorOf('RATE_LIMITED') {}
export class InternalError extends errorOf('INTERNAL_ERROR') {}
export class ServiceUnavailableError extends errorOf('SERVICE_UNAVAILABLE') {}

/** A row that does not exist, or that the actor may not see. */
export class NotFoundError extends AppError {
  /** @param options `resource` names what was looked for, such as `Post` */
  constructor({ resource, ...options }: ErrorOptions & { resource?: string } = {}) {
    super('NOT_FOUND', { ...(resource && { message: `${resource} not found.` }), ...options })
  }
}

/** The `error` object of both transports: REST returns it as `{ error }`, and tRPC at `error.data.error`. */
export interface ErrorBody {
  code: ErrorCode
  message: string
  details?: ErrorDetail[]
  requestId: string
}

/** Converts an error to the form that clients receive. */
export function toErrorBody(error: AppError, requestId: string): ErrorBody {
  const { code, message, details } = error
  return { code, message, ...(details && { details }), requestId }
}
