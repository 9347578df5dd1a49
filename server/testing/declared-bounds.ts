import { scopeSchema } from '../features/api-keys/schema.js'
import { type LimitTable, testSupport } from './test-support.js'

const limitsOfBase: LimitTable = {
  default: { by: 'actor', points: 30_000, windowSeconds: 60 },
  'auth.register': { by: 'address', points: 5, windowSeconds: 3600 },
  'auth.verify': { by: 'address', points: 60, windowSeconds: 60 },
  'auth.resend': { by: 'address', points: 300, windowSeconds: 60 },
  'auth.login': { by: 'address', points: 20, windowSeconds: 60 },
  'auth.refresh': { by: 'address', points: 300, windowSeconds: 60 },
  'auth.logout': { by: 'address', points: 300, windowSeconds: 60 },
  'auth.reset': { by: 'address', points: 300, windowSeconds: 60 },
  'auth.confirm': { by: 'address', points: 60, windowSeconds: 60 },
  'auth.email-change': { by: 'address', points: 60, windowSeconds: 60 },
  'current-password': { by: 'actor', points: 10, windowSeconds: 900 },
  'apiKeys.create': { by: 'actor', points: 60, windowSeconds: 3600 },
  'users.export': { by: 'actor', points: 10, windowSeconds: 3600 },
}

/**
 * The points of each declared limit, by name. A changed limit must be changed here, too. Features export theirs as
 * `limits` from their `.test-support.ts`.
 */
export const limitTable: LimitTable = Object.assign({}, limitsOfBase, ...testSupport.map(({ limits }) => limits))

export interface Bound {
  /** 0 if the form of the value determines its minimum. */
  min: number
  max: number
  /** Creates a string of that length, or that number. */
  make?: (size: number) => unknown
}

/** A string of that length. */
export const letters = (size: number) => 'a'.repeat(size)

// 64 characters before the @, and labels of at most 63 after it.
function addressOf(size: number): string {
  const host = `${letters(63)}.${letters(63)}.`
  const local = letters(64)
  return size === 0
    ? 'a@b.example'
    : `${local}@${host}${letters(size - local.length - host.length - '@.com'.length)}.com`
}

const password = { min: 1, max: 1024, make: letters }
const token = { min: 1, max: 2048, make: letters }
const version = { min: 1, max: 2_147_483_647 }
const cursorLimit = { min: 1, max: 100 }
const scopes = scopeSchema.options

/**
 * The bounds of strings and numbers of the inputs of the base, by name. A changed bound must be changed here, too. All
 * other fields are tried at the bounds that they declare, and one without a maximum fails.
 */
export const boundTable: Readonly<Record<string, Bound>> = {
  email: { min: 0, max: 254, make: addressOf },
  name: { min: 1, max: 100, make: letters },
  password,
  currentPassword: password,
  newPassword: password,
  token,
  refreshToken: token,
  version,
  limit: cursorLimit,
  page: { min: 1, max: 1_000_000 },
  q: { min: 0, max: 200, make: letters },
  scopes: { min: 1, max: scopes.length, make: (size) => [...scopes, ...scopes].slice(0, size) },
}

/** Strings whose form determines their bounds, by its format in JSON Schema, with a valid and an invalid one. */
export const formTable: Readonly<Record<string, { good: string; bad: string }>> = {
  uuid: { good: '0197a1b2-0000-7000-8000-000000000001', bad: '0197a1b2-0000-7000-8000-0000000000012' },
  int64: { good: '9'.repeat(18), bad: '9'.repeat(19) },
}

/** Strings without bounds in their schema, with what limits them instead. */
export const unboundedTable: Readonly<Record<string, string>> = {
  expiresAt: 'is a time before the year 10000',
}
