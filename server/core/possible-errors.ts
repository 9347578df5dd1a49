import type { z } from 'zod'
import { type ErrorCode, errorTable } from './errors.js'
import type { Meta } from './procedure-meta.js'

/** The codes with which a procedure can fail because of its access, its limits and its input. */
const generalErrors = [
  'VALIDATION_ERROR',
  'BAD_REQUEST',
  'UNAUTHORIZED',
  'FORBIDDEN',
  'PAYLOAD_TOO_LARGE',
  'UNSUPPORTED_MEDIA_TYPE',
  'RATE_LIMITED',
  'INTERNAL_ERROR',
  'SERVICE_UNAVAILABLE',
] as const satisfies ErrorCode[]

/** A procedure with `idempotency: 'kept'` fails with these because of an earlier request with the same key. */
const keyErrors = ['IDEMPOTENCY_IN_PROGRESS', 'IDEMPOTENCY_KEY_REUSED', 'CONFLICT'] as const satisfies ErrorCode[]

/** A change whose input has a `version` fails with these if the row has another one, or the largest one possible. */
const versionErrors = ['VERSION_MISMATCH', 'CONFLICT'] as const satisfies ErrorCode[]

/** The codes with which a procedure can fail, as a type: of what its type keeps of `meta`, and of its input. */
export type ErrorsOf<M, Input> =
  | (typeof generalErrors)[number]
  | (M extends { errors?: infer Codes } ? (NonNullable<Codes> extends readonly (infer Code)[] ? Code : never) : never)
  | (M extends { idempotency?: infer Kept } ? ('kept' extends Kept ? (typeof keyErrors)[number] : never) : never)
  | (M extends { rest?: { path: `${string}{${string}` } } ? 'NOT_FOUND' : never)
  | (Input extends { version?: infer Version }
      ? number extends Version
        ? (typeof versionErrors)[number]
        : never
      : never)

interface Declarations {
  type: string
  meta: Meta
  input: z.ZodObject | undefined
}

/** The codes that a procedure need not declare, because its other declarations imply them. */
export function impliedErrors({ type, meta, input }: Declarations): ErrorCode[] {
  const changes = type === 'mutation'
  const impossible: Partial<Record<ErrorCode, boolean>> = {
    UNAUTHORIZED: meta.overlooksCredential === true,
    PAYLOAD_TOO_LARGE: !changes,
    UNSUPPORTED_MEDIA_TYPE: !changes,
  }
  return [
    ...generalErrors.filter((code) => !impossible[code]),
    ...(meta.rest?.path.includes('{') ? (['NOT_FOUND'] as const) : []),
    ...(meta.idempotency === 'kept' ? keyErrors : []),
    ...(changes && input && 'version' in input.shape ? versionErrors : []),
    // Over REST, `If-Match` and `If-None-Match` bind every change to a condition.
    ...(changes && meta.rest ? (['VERSION_MISMATCH'] as const) : []),
  ]
}

/** The codes with which a procedure can fail: those that it declares, and those that are implied. */
export function possibleErrors(procedure: Declarations): ErrorCode[] {
  const possible = new Set([...impliedErrors(procedure), ...(procedure.meta.errors ?? [])])
  let code: ErrorCode
  const codes: ErrorCode[] = []
  for (code in errorTable) if (possible.has(code)) codes.push(code)
  return codes
}
