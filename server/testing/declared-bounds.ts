import type { LimitRule } from '../core/security/rate-limits.js'

/** How often a declared limit lets one key call, by the limit's name. A change of a limit is a change here, too. */
export const limitTable: Readonly<Record<string, Pick<LimitRule, 'by' | 'points' | 'windowSeconds'>>> = {
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
  'users.export': { by: 'actor', points: 10, windowSeconds: 3600 },
}

export interface Bound {
  /** 0 where the shortest is bounded by its form. */
  min: number
  max: number
  /** Makes a value of that length (of a string), or that number. */
  make?: (size: number) => unknown
}

const letters = (size: number) => 'a'.repeat(size)

// 64 characters before the @, and labels of at most 63 after it.
function addressOf(size: number): string {
  const host = `${letters(63)}.${letters(63)}.`
  const local = letters(64)
  return size === 0
    ? 'a@b.example'
    : `${local}@${host}${letters(size - local.length - host.length - '@.com'.length)}.com`
}

const id = { good: '0197a1b2-0000-7000-8000-000000000001', bad: '0197a1b2-0000-7000-8000-0000000000012' }
const password = { min: 1, max: 1024, make: letters }
const token = { min: 1, max: 2048, make: letters }
const version = { min: 1, max: 2_147_483_647 }
const cursorLimit = { min: 1, max: 100 }

/** What each string and number of an input may measure: by its name, or by procedure and name where one differs. */
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
  title: { min: 1, max: 200, make: letters },
  body: { min: 1, max: 50_000, make: letters },
}

/** Strings whose form bounds them, with one that has it, and one that has not. */
export const formTable: Readonly<Record<string, { good: string; bad: string }>> = {
  id,
  authorId: id,
  userId: id,
  actorId: id,
}

/** Strings that no schema bounds, with what does. */
export const unboundedTable: Readonly<Record<string, string>> = {
  cursor: 'is decoded, and the length of an address is bounded',
}
