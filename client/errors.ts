import { isTRPCClientError } from '@trpc/client'
import type { inferRouterError } from '@trpc/server'
import type { AppRouter } from './app-router.js'

/** What the server says of a refused call. `code` is stable; `message` is in English and may be reworded. */
export type PlinthError = NonNullable<inferRouterError<AppRouter>['data']>['error']

export type ErrorCode = PlinthError['code']

/**
 * Reads the server's answer out of whatever a call threw: `{ code, message, details?, requestId }`, or null if the
 * server did not answer (no network, a proxy's page, an error of the app itself).
 */
export function plinthError(error: unknown): PlinthError | null {
  if (!isTRPCClientError<AppRouter>(error)) return null
  return error.data?.error ?? null
}
