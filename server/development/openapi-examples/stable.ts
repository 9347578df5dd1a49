import type { OperationExample } from '../../core/http/openapi/examples.js'

interface Recorded {
  operations: ReadonlyMap<string, OperationExample>
  errors: ReadonlyMap<string, unknown>
}

interface Frame {
  /** The time that became the last one of the demo data. */
  now: Date
  /** The names of the operations and of the codes, in the order of the result. */
  paths: readonly string[]
  codes: readonly string[]
}

/**
 * Makes what a server has answered the same at each run: ids are numbered, times are moved to a fixed day and cut to ten
 * minutes, secrets are shortened, and lists are cut to two entries. Everything else stays as it was sent.
 */
export function makeStable({ operations, errors }: Recorded, { now, paths, codes }: Frame): object {
  const ordered = {
    operations: Object.fromEntries(paths.map((path) => [path, operations.get(path)])),
    errors: Object.fromEntries(codes.filter((code) => errors.has(code)).map((code) => [code, errors.get(code)])),
  }
  const ids = new Map<string, string>()
  const offsetMs = fixedDay.getTime() - now.getTime()
  return JSON.parse(
    JSON.stringify(ordered, (key, value: unknown) => {
      if (Array.isArray(value)) return value.slice(0, listMax)
      if (typeof value !== 'string') return value
      const secret = secrets[key]
      if (secret) return secret(value)
      return value.replace(uuid, (id) => numbered(ids, id)).replace(time, (text) => moved(text, now, offsetMs))
    }),
  )
}

const listMax = 2
const fixedDay = new Date('2026-06-01T09:00:00.000Z')
const stepMs = 10 * 60_000

const uuid = /\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g
const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

// The characters that do not depend on chance, or, where there are none, those of one run.
const secrets: Readonly<Record<string, (value: string) => string>> = {
  accessToken: (value) => `${value.slice(0, 36)}…`,
  refreshToken: () => 'R0aFDrDLQe2rnvFZ…',
  token: () => 'kVh2dJbR7mXqZ0uW…',
  cursor: () => 'WyI0bFJ6TzJ…',
  nextCursor: () => 'WyI0bFJ6TzJ…',
  key: (value) => `${startOf(value)}…`,
  start: startOf,
}

// With the prefix of the application.
function startOf(key: string): string {
  return key.replace(/_[^_]*$/, '_4hTq')
}

function numbered(ids: Map<string, string>, id: string): string {
  const known = ids.get(id) ?? `0198f3a2-7c41-7000-8000-${String(ids.size + 1).padStart(12, '0')}`
  ids.set(id, known)
  return known
}

// What is far in the future was in an input.
function moved(text: string, now: Date, offsetMs: number): string {
  const at = new Date(text).getTime()
  if (at - now.getTime() > 366 * 24 * 3_600_000) return text
  const sinceNow = Math.floor((at - now.getTime()) / stepMs) * stepMs
  return new Date(now.getTime() + offsetMs + sinceNow).toISOString()
}
