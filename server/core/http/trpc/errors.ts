import type { TRPCDefaultErrorShape, TRPCError } from '@trpc/server'
import { TRPC_ERROR_CODES_BY_KEY } from '@trpc/server/rpc'
import type { Context } from '../../context.js'
import { toAppError } from '../../error-mapping.js'
import { errorTable, toErrorBody } from '../../errors.js'

interface FormatterOptions {
  error: TRPCError
  shape: TRPCDefaultErrorShape
  ctx: Context | undefined
}

/** Formats a tRPC error with the `error` object of REST at `data.error`, without stack traces and causes. */
export function formatTrpcError({ error, shape, ctx }: FormatterOptions) {
  const appError = toAppError(error)
  const code = errorTable[appError.code].trpc
  return {
    message: appError.message,
    code: TRPC_ERROR_CODES_BY_KEY[code],
    data: {
      code,
      httpStatus: appError.status,
      path: shape.data.path,
      error: toErrorBody(appError, ctx?.origin.requestId ?? ''),
      ...(appError.retryAfterSeconds !== undefined && { retryAfterSeconds: appError.retryAfterSeconds }),
      ...(ctx?.limitReports.length && { rateLimits: ctx.limitReports }),
    },
  }
}
