import { TRPCClientError } from '@trpc/client'
import { CallError } from '../core/call-error.js'
import type { ErrorBody } from '../core/errors.js'
import type { AppRouter } from '../router.js'

/** The `error` object of a failed tRPC call. */
export async function errorOf(call: Promise<unknown>): Promise<ErrorBody> {
  const error = await call.then(
    () => new Error('the call was answered, not refused'),
    (reason: unknown) => reason,
  )
  if (!(error instanceof TRPCClientError)) throw error
  const { data }: TRPCClientError<AppRouter> = error
  if (!data) throw error
  return data.error
}

/** The error code of an in-process call, or `OK`. */
export async function outcomeOfCall(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'OK',
    (error: unknown) => {
      if (!(error instanceof CallError)) throw error
      return error.data.error.code
    },
  )
}
