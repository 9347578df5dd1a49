import { TRPCError } from '@trpc/server'
import { toAppError } from './error-mapping.js'
import { type ErrorBody, errorTable, toErrorBody } from './errors.js'

/** What a client finds at `data` of a failed tRPC call. */
interface CallErrorData {
  /** The code of tRPC, such as `CONFLICT`. */
  code: TRPCError['code']
  httpStatus: number
  path: string
  error: ErrorBody
  retryAfterSeconds?: number
}

/**
 * The error of a failed in-process call. `data` is that of the errors which tRPC clients throw, so the same code handles
 * both: `error.data.error.code`. `cause` is the original error, which no transport returns.
 */
export class CallError extends TRPCError {
  readonly data: CallErrorData

  /**
   * @param thrown what the procedure threw
   * @param call the name of the procedure, and the id under which the call is logged
   */
  constructor(thrown: unknown, { path, requestId }: { path: string; requestId: string }) {
    const error = toAppError(thrown)
    const { retryAfterSeconds, status, message } = error
    const { trpc: code } = errorTable[error.code]
    super({ code, message, cause: error.cause ?? error })
    this.name = 'CallError'
    const body = toErrorBody(error, requestId)
    const wait = retryAfterSeconds === undefined ? {} : { retryAfterSeconds }
    this.data = { code, httpStatus: status, path, error: body, ...wait }
  }
}
