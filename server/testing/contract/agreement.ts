import { isDeepStrictEqual } from 'node:util'
import type { Outcome } from '../transports.js'

/**
 * Returns how two outcomes of the same call differ: another code, message or invalid field, or a value of another shape.
 * The values themselves may differ, because the calls are made with equal rows and not with the same ones.
 */
export function disagreements(trpc: Outcome, rest: Outcome): string[] {
  const [one, other] = [describe(trpc), describe(rest)]
  if (isDeepStrictEqual(one, other)) return []
  return [`the transports disagree: tRPC answers ${JSON.stringify(one)}, and REST ${JSON.stringify(other)}`]
}

function describe({ data, error, headers }: Outcome) {
  if (!error) return { data: shapeOf(data) }
  const { code, message, details } = error
  return { code, message, details, mayRetry: headers['retry-after'] !== undefined }
}

// Ids, times and tokens differ between two calls; their positions and their form do not.
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, 1).map(shapeOf)
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shapeOf(inner)]))
  }
  if (typeof value !== 'string') return value === null ? null : typeof value
  if (/^[0-9a-f-]{36}$/.test(value)) return 'id'
  return /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value) ? 'time' : 'string'
}
