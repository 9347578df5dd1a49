import fc from 'fast-check'
import type { JsonSchema } from './fields.js'

/** Generates values that match a JSON Schema of an input, often at its bounds. */
export function valuesOf(schema: JsonSchema): fc.Arbitrary<unknown> {
  const { const: only, enum: options, anyOf, oneOf, examples = [] } = schema
  if (only !== undefined) return fc.constant(only)
  if (options) return fc.constantFrom(...options)
  const inner = (anyOf ?? oneOf)?.filter(isSchema)
  if (inner) return fc.oneof(...inner.map(valuesOf))
  const values = ofType(schema)
  return examples.length > 0 ? fc.oneof(fc.constantFrom(...examples), values) : values
}

/** The first example of a schema, otherwise the same value that matches it for each call. */
export function exampleOf(schema: JsonSchema): unknown {
  return schema.examples?.[0] ?? fc.sample(valuesOf(schema), { seed: 1, numRuns: 1 })[0]
}

/** Generates values that mostly do not match: beyond the bounds, of another type, and texts that are easily mistaken. */
export function brokenValuesOf(schema: JsonSchema): fc.Arbitrary<unknown> {
  return fc.oneof(
    fc.constantFrom(...beyondBounds(schema), ...otherTypes),
    fc.constantFrom(...strangeTexts),
    fc.constantFrom(...strangeTexts).map((text) => `a${text}b`),
    fc.string({ unit: 'binary' }),
    fc.jsonValue({ maxDepth: 2 }),
  )
}

function ofType(schema: JsonSchema): fc.Arbitrary<unknown> {
  const { type, minimum, maximum, items, minItems = 0, maxItems = minItems + 3 } = schema
  if (type === 'string') return textsOf(schema)
  if (type === 'integer') return integersBetween(minimum, maximum)
  if (type === 'number') return fc.double({ noNaN: true, noDefaultInfinity: true, ...bounds(minimum, maximum) })
  if (type === 'boolean') return fc.boolean()
  if (type === 'null') return fc.constant(null)
  if (type === 'array') {
    const item = isSchema(items) ? valuesOf(items) : fc.jsonValue()
    return fc.uniqueArray(item, { minLength: minItems, maxLength: maxItems, comparator: 'SameValue' })
  }
  return type === 'object' ? objectsOf(schema) : fc.jsonValue({ maxDepth: 2 })
}

function integersBetween(min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER): fc.Arbitrary<number> {
  const near = fc.integer({ min: Math.max(min, -(2 ** 31)), max: Math.min(max, 2 ** 31 - 1) })
  return fc.oneof(fc.constantFrom(min, max), near)
}

function bounds(min: number | undefined, max: number | undefined) {
  return { ...(min !== undefined && { min }), ...(max !== undefined && { max }) }
}

function objectsOf({ properties = {}, required = [] }: JsonSchema): fc.Arbitrary<unknown> {
  const values: Record<string, fc.Arbitrary<unknown>> = {}
  for (const [name, schema] of Object.entries(properties)) values[name] = valuesOf(isSchema(schema) ? schema : {})
  return fc.record(values, { requiredKeys: required })
}

const dateTimes = fc
  .date({ min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true })
  .map((date) => date.toISOString())

const emails = fc
  .tuple(fc.stringMatching(/^[a-z0-9]{1,20}$/), fc.stringMatching(/^[a-z0-9]{1,20}$/))
  .map(([name, domain]) => `${name}@${domain}.example`)

function textsOf({ format, pattern, minLength = 0, maxLength = 2_000 }: JsonSchema): fc.Arbitrary<string> {
  if (format === 'uuid') return fc.uuid()
  if (format === 'date-time') return dateTimes
  if (format === 'email') return emails
  if (pattern) return fc.stringMatching(new RegExp(pattern)).filter((text) => fits(text, minLength, maxLength))
  const length = { minLength, maxLength: Math.min(maxLength, minLength + 40) }
  return fc.oneof(
    fc.string(length),
    fc.string({ ...length, unit: 'grapheme' }).filter((text) => fits(text, minLength, maxLength)),
    fc.constantFrom(minLength, maxLength).map((size) => 'a'.repeat(size)),
  )
}

function fits(text: string, minLength: number, maxLength: number): boolean {
  return text.length >= minLength && text.length <= maxLength
}

/** The values at the bounds of a schema, and those just beyond them. */
export function edgesOf(schema: JsonSchema): unknown[] {
  const { type, minLength, maxLength, minimum, maximum, enum: options = [] } = schema
  const lengths = type === 'string' ? [minLength, maxLength].filter((length) => length !== undefined) : []
  const numbers = [minimum, maximum].filter((number) => number !== undefined)
  return [...lengths.map((length) => 'a'.repeat(length)), ...numbers, ...ends(options), ...beyondBounds(schema)]
}

function ends<Item>(items: readonly Item[]): readonly Item[] {
  return items.length > 2 ? [...items.slice(0, 1), ...items.slice(-1)] : items
}

function beyondBounds(schema: JsonSchema): unknown[] {
  const { minLength = 0, maxLength, minimum, maximum, minItems = 0, maxItems } = schema
  return [
    ...(minLength > 0 ? ['a'.repeat(minLength - 1)] : []),
    ...(maxLength === undefined ? [] : ['a'.repeat(maxLength + 1)]),
    ...(minimum === undefined ? [] : [minimum - 1, minimum + 0.5]),
    ...(maximum === undefined ? [] : [maximum + 1]),
    ...(minItems > 0 ? [[]] : []),
    ...(maxItems === undefined ? [] : [Array(maxItems + 1).fill('a')]),
    ...ends(schema.enum ?? []).map((option) => `${String(option)} `),
  ]
}

const otherTypes = [
  [null, undefined, true, false, 0, -0, -1, 1.5, 1e21, 1e308, Number.NaN, Number.POSITIVE_INFINITY],
  [[], [[]], [null], {}, { not: '' }, { $ne: null }, new Date(0), new Date(Number.NaN)],
].flat()

/** Texts that programs often mistake for something else, or that encodings and databases cannot hold. */
const strangeTexts = [
  ['', ' ', '\t', '\0', '\n', '\r\n', '\u007f', '\u0085', '\u2028', '\ufeff', '\u200b', '\u202e', '\ufffd'],
  ['\ud800', '\udc00', '\u{1f469}\u200d\u{1f469}', 'e\u0301', '\u0130', '\u{10ffff}'],
  ['null', 'undefined', 'true', '0', '-1', '1e3', '0x10', 'NaN', '[]', '{}', '__proto__', 'constructor'],
  ["'", '"', '\\', '%', '%00', '%_', '$1', '--', '../', '..%2f', '<b>', '{{7*7}}', 'me', ',', '&', '#', '?', ';'],
].flat()

function isSchema(schema: unknown): schema is JsonSchema {
  return typeof schema === 'object' && schema !== null && !Array.isArray(schema)
}
