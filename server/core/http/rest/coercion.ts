import { z } from 'zod'

type JsonSchema = z.core.JSONSchema.BaseSchema
type Coerce = (value: unknown) => unknown

/**
 * Creates a function that converts the text values of a path or a query to the types in the JSON Schema of the input:
 * numbers, booleans (only `true` and `false`), null, and arrays from repeated keys. Other values are not changed, and
 * Zod rejects them. The schema is read once and never changed.
 */
export function createCoercion(input: z.ZodObject): (name: string, value: unknown) => unknown {
  const root: JsonSchema = z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' })
  const coercions = new Map(
    Object.entries(root.properties ?? {}).map(([name, schema]) => [name, coercionOf(schema, root)]),
  )
  return (name, value) => (coercions.get(name) ?? keep)(value)
}

const keep: Coerce = (value) => value

function coercionOf(schema: JsonSchema | boolean, root: JsonSchema): Coerce {
  const leaves = alternatives(schema, root)
  const scalar = scalarCoercion(leaves)
  const items = leaves.flatMap((leaf) => ([leaf.type].flat().includes('array') ? [itemsOf(leaf)] : []))
  if (items.length === 0) return scalar
  const item = scalarCoercion(items.flatMap((each) => alternatives(each, root)))
  return (value) => (Array.isArray(value) ? value.map(item) : [item(value)])
}

function itemsOf({ items }: JsonSchema): JsonSchema | boolean {
  return items === undefined || Array.isArray(items) ? true : items
}

function alternatives(schema: JsonSchema | boolean, root: JsonSchema, seen = new Set<unknown>()): JsonSchema[] {
  if (typeof schema === 'boolean' || seen.has(schema)) return []
  seen.add(schema)
  const { anyOf = [], oneOf = [], allOf = [], $ref } = schema
  const inner = [...anyOf, ...oneOf, ...allOf, ...($ref ? [root.$defs?.[$ref.replace('#/$defs/', '')] ?? true] : [])]
  return [schema, ...inner.flatMap((each) => alternatives(each, root, seen))]
}

function scalarCoercion(leaves: readonly JsonSchema[]): Coerce {
  const types = new Set<string>(leaves.flatMap((leaf) => leaf.type ?? []))
  return (value) => (typeof value === 'string' ? coerceText(value, types) : value)
}

const jsonNumber = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/

function coerceText(text: string, types: ReadonlySet<string>): unknown {
  if (types.has('string')) return text
  if (types.has('boolean') && /^(true|false)$/.test(text)) return text === 'true'
  if ((types.has('number') || types.has('integer')) && jsonNumber.test(text)) return Number(text)
  return text === 'null' && types.has('null') ? null : text
}
