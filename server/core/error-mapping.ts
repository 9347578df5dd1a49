import { TRPCError } from '@trpc/server'
import { z } from 'zod'
import {
  isDatabaseAway,
  isForeignKeyViolation,
  isMissingRow,
  isOutOfRange,
  isUniqueViolation,
} from './database/errors.js'
import {
  AppError,
  BadRequestError,
  ConflictError,
  detailsMax,
  type ErrorCode,
  type ErrorDetail,
  InternalError,
  NotFoundError,
  ServiceUnavailableError,
  ValidationError,
} from './errors.js'
import { codeOf } from './unknown-values.js'

/**
 * Converts any thrown value to an AppError: errors of tRPC, Fastify, Zod, Prisma and PostgreSQL. An unexpected value
 * becomes INTERNAL_ERROR with the value as `cause`, which is logged and not returned to the client.
 */
export function toAppError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown
  if (thrown instanceof TRPCError) return fromTrpc(thrown)
  // Fastify's errors come first: an incomplete body has the code of a lost connection, like an error of the database.
  return fromFastify(thrown) ?? fromDatabase(thrown) ?? new InternalError({ cause: thrown })
}

const trpcCodes: Readonly<Record<string, ErrorCode>> = {
  PARSE_ERROR: 'BAD_REQUEST',
  BAD_REQUEST: 'BAD_REQUEST',
  UNAUTHORIZED: 'UNAUTHORIZED',
  FORBIDDEN: 'FORBIDDEN',
  NOT_FOUND: 'NOT_FOUND',
  METHOD_NOT_SUPPORTED: 'METHOD_NOT_ALLOWED',
  PAYLOAD_TOO_LARGE: 'PAYLOAD_TOO_LARGE',
  UNSUPPORTED_MEDIA_TYPE: 'UNSUPPORTED_MEDIA_TYPE',
}

function fromTrpc(error: TRPCError): AppError {
  if (error.cause instanceof AppError) return error.cause
  if (error.code === 'BAD_REQUEST' && error.cause instanceof z.core.$ZodError) return fromZod(error.cause)
  if (error.cause && error.code === 'INTERNAL_SERVER_ERROR') return toAppError(error.cause)
  return new AppError(trpcCodes[error.code] ?? 'INTERNAL_ERROR', { cause: error })
}

function fromZod(error: z.core.$ZodError): AppError {
  const details = error.issues.slice(0, detailsMax).flatMap(toDetails)
  return new ValidationError({ details, cause: error })
}

// The path contains the unknown key, so that a form or a caller can identify it.
function toDetails(issue: z.core.$ZodIssue): ErrorDetail[] {
  const at = (...more: PropertyKey[]) => [...issue.path, ...more].map(String).join('.')
  if (issue.code !== 'unrecognized_keys') return [{ path: at(), message: issue.message, code: issue.code }]
  return issue.keys.slice(0, detailsMax).map((key) => ({ path: at(key), message: 'Unknown key.', code: issue.code }))
}

const outOfRange =
  'A number of this row, such as its version, has reached the largest value that the database can hold.'

function fromDatabase(thrown: unknown): AppError | undefined {
  if (isUniqueViolation(thrown) || isForeignKeyViolation(thrown)) return new ConflictError({ cause: thrown })
  if (isOutOfRange(thrown)) return new ConflictError({ message: outOfRange, cause: thrown })
  if (isMissingRow(thrown)) return new NotFoundError({ cause: thrown })
  if (isDatabaseAway(thrown)) return new ServiceUnavailableError({ retryAfterSeconds: 1, cause: thrown })
  return undefined
}

const fastifyCodes: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'PAYLOAD_TOO_LARGE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'UNSUPPORTED_MEDIA_TYPE',
  FST_ERR_NOT_FOUND: 'NOT_FOUND',
}

function fromFastify(thrown: unknown): AppError | undefined {
  if (!(thrown instanceof Error)) return undefined
  const code = fastifyCodes[codeOf(thrown)]
  if (code) return new AppError(code, { cause: thrown })
  const status = 'statusCode' in thrown ? Number(thrown.statusCode) : 500
  return status >= 400 && status < 500 ? new BadRequestError({ cause: thrown }) : undefined
}
