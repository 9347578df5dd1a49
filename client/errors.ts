import type { inferRouterError } from '@trpc/server'
import type { AppRouter } from './app-router.js'

type ErrorData = NonNullable<inferRouterError<AppRouter>['data']>

/**
 * The error of a failed call. `code` is stable. `message` is in English, and its text may change. `retryAfterSeconds` is
 * set for RATE_LIMITED and SERVICE_UNAVAILABLE.
 */
export type ApiError = ErrorData['error'] & Pick<ErrorData, 'retryAfterSeconds'>

export type ErrorCode = ApiError['code']

/**
 * Returns the error of the server from a thrown value: `{ code, message, details?, requestId, retryAfterSeconds? }`, or
 * null if the error is not from the server (no network, the page of a proxy, an error of the app itself). It reads the
 * errors of tRPC's client and those of in-process callers.
 */
export function apiError(error: unknown): ApiError | null {
  if (!hasErrorData(error)) return null
  const { error: refusal, retryAfterSeconds } = error.data
  return { ...refusal, ...(retryAfterSeconds !== undefined && { retryAfterSeconds }) }
}

// Both have the same `data`, but not the same class.
function hasErrorData(error: unknown): error is { data: ErrorData } {
  if (!(error instanceof Error && 'data' in error)) return false
  const { data } = error
  return isObject(data) && isObject(data['error']) && typeof data['error']['requestId'] === 'string'
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
