import { isTRPCClientError } from '@trpc/client'
import type { inferRouterError } from '@trpc/server'
import type { AppRouter } from './app-router.js'

type ErrorData = NonNullable<inferRouterError<AppRouter>['data']>

/**
 * What the server says of a refused call. `code` is stable; `message` is in English and may be reworded.
 * `retryAfterSeconds` comes with RATE_LIMITED and SERVICE_UNAVAILABLE.
 */
export type ApiError = ErrorData['error'] & Pick<ErrorData, 'retryAfterSeconds'>

export type ErrorCode = ApiError['code']

/**
 * Reads the server's answer out of whatever a call threw: `{ code, message, details?, requestId, retryAfterSeconds? }`, or
 * null if the server did not answer (no network, a proxy's page, an error of the app itself).
 */
export function apiError(error: unknown): ApiError | null {
  if (!isTRPCClientError<AppRouter>(error)) return null
  if (!error.data?.error) return null
  const { error: refusal, retryAfterSeconds } = error.data
  return { ...refusal, ...(retryAfterSeconds !== undefined && { retryAfterSeconds }) }
}
