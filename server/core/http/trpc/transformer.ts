import superjson, { type SuperJSONResult } from 'superjson'
import { BadRequestError } from '../../errors.js'
import { isRecord } from '../../unknown-values.js'
import { checkShape } from '../json-input.js'

/**
 * The superjson transformer of the server. Outputs may contain every type of superjson. Inputs may contain `undefined`,
 * `Date` and the numbers that JSON lacks, each annotated by its path. Restoring other types of superjson can cost more
 * than sending them.
 *
 * `input.deserialize` throws BadRequestError for all other annotations, and for shapes that `checkShape` rejects.
 */
export const transformer = {
  input: {
    serialize: superjson.serialize,
    deserialize({ json, meta }: SuperJSONResult): unknown {
      if (!isPlain(meta)) throw new BadRequestError({ message: 'The input contains a type that is not supported.' })
      const input = meta ? superjson.deserialize({ json, meta }, { inPlace: true }) : json
      // Checked afterwards, because superjson creates values for annotations with paths that do not exist.
      checkShape(input)
      return input
    },
  },
  output: { serialize, deserialize: superjson.deserialize },
}

const types: ReadonlySet<unknown> = new Set(['undefined', 'Date', 'number'])

// One type for the whole input, or types by paths. superjson only uses trees below types that are not supported.
function isPlain(meta: unknown): boolean {
  if (meta === undefined || meta === null) return true
  if (!isRecord(meta)) return false
  const { values = {}, v = 1, ...others } = meta
  const isFlat = isType(values) || (isRecord(values) && Object.values(values).every(isType))
  return isFlat && typeof v === 'number' && Object.keys(others).length === 0
}

function isType(tree: unknown): boolean {
  return Array.isArray(tree) && tree.length === 1 && types.has(tree[0])
}

/**
 * Writes a value in superjson's format. For plain objects, arrays, JSON primitives and dates, only the paths of the dates
 * are collected, because `JSON.stringify` writes dates as superjson does. Superjson itself, which copies the value,
 * writes every other one.
 */
function serialize(value: unknown): object {
  const dates: Record<string, ['Date']> = {}
  if (typeof value !== 'object' || value instanceof Date) return superjson.serialize(value)
  if (!collectDates(value, '', dates)) return superjson.serialize(value)
  return Object.keys(dates).length === 0 ? { json: value } : { json: value, meta: { values: dates, v: 1 } }
}

// Only values that contain themselves have longer paths.
const maxPathLength = 200

/** @returns false if superjson must write the value */
function collectDates(value: unknown, path: string, dates: Record<string, ['Date']>): boolean {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return true
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0)
  if (typeof value !== 'object' || path.length > maxPathLength) return false
  if (value instanceof Date) {
    dates[path] = ['Date']
    return !Number.isNaN(value.getTime())
  }
  const prefix = path === '' ? '' : `${path}.`
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) {
      if (!collectDates(value[index], prefix + index, dates)) return false
    }
    return true
  }
  return isPlainObject(value) && collectFields(value, prefix, dates)
}

function collectFields(value: object, prefix: string, dates: Record<string, ['Date']>): boolean {
  for (const [key, field] of Object.entries(value)) {
    if (unusualKey.test(key) || !collectDates(field, prefix + key, dates)) return false
  }
  return true
}

// Superjson escapes some, and rejects those that could change a prototype. `toJSON` would be called.
const unusualKey = /[.\\]|^(?:|__proto__|constructor|prototype|toJSON)$/

function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
