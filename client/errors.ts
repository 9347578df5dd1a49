import type { AppRouter, ProcedurePath } from './app-router.js'

type Shapes = AppRouter['_def']['record']

type ErrorData<Path> = Path extends `${infer Noun}.${infer Verb}`
  ? Noun extends keyof Shapes
    ? Verb extends keyof Shapes[Noun]
      ? Shapes[Noun][Verb] extends { _def: { $types: { errorShape: { data: infer Data } } } }
        ? Data
        : never
      : never
    : never
  : AppRouter['_def']['_config']['$types']['errorShape']['data']

/**
 * The error of a failed call. `code` is stable. `message` is in English, and its text may change. `retryAfterSeconds` is
 * set for RATE_LIMITED and SERVICE_UNAVAILABLE. With the path of a procedure, `code` is one of those with which this
 * procedure can fail, and `details` name fields of its input.
 */
export type ApiError<Path extends ProcedurePath | undefined = undefined> =
  ErrorData<Path> extends { error: infer Refusal; retryAfterSeconds?: number }
    ? Refusal & { retryAfterSeconds?: number }
    : never

export type ErrorCode = ApiError['code']

/**
 * Returns the error of the server from a thrown value: `{ code, message, details?, requestId, retryAfterSeconds? }`, or
 * null if the error is not from the server (no network, the page of a proxy, an error of the app itself). It reads the
 * errors of tRPC's client and those of in-process callers.
 *
 * @param procedure the path of the procedure that was called, such as `'posts.update'`; it only affects the type
 */
export function apiError<Path extends ProcedurePath | undefined = undefined>(
  error: unknown,
  procedure?: Path,
): ApiError<Path> | null
export function apiError(error: unknown): object | null {
  if (!hasErrorData(error)) return null
  const { error: refusal, retryAfterSeconds } = error.data
  return { ...refusal, ...(retryAfterSeconds !== undefined && { retryAfterSeconds }) }
}

// Both have the same `data`, but not the same class.
function hasErrorData(error: unknown): error is { data: ErrorData<undefined> } {
  if (!(error instanceof Error && 'data' in error)) return false
  const { data } = error
  return isObject(data) && isObject(data['error']) && typeof data['error']['requestId'] === 'string'
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
