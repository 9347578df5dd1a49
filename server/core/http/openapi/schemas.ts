import { z } from 'zod'

/** JSON Schema 2020-12, which OpenAPI 3.1 uses. */
export type JsonSchema = z.core.JSONSchema.BaseSchema

export interface SchemaStore {
  /** Converts a schema. Named schemas (`.meta({ id })`) are added to the components and referenced. */
  write(schema: z.ZodType, io: 'input' | 'output'): JsonSchema
  /**
   * Adds a schema under the first of two names that no other schema has, and references it. The same schema may be added
   * again.
   */
  define(names: readonly [preferred: string, other: string], schema: JsonSchema): JsonSchema
  /** Resolves a reference that `write` or `define` returned. */
  resolve(schema: JsonSchema): JsonSchema
  /** The content of `components.schemas`, by name. */
  components(): Record<string, JsonSchema>
}

/** Collects the named schemas of a document while it is created. */
export function createSchemaStore(): SchemaStore {
  const named = new Map<string, JsonSchema>()
  const written = { input: new Map<z.ZodType, JsonSchema>(), output: new Map<z.ZodType, JsonSchema>() }
  return {
    write(schema, io) {
      const known = written[io].get(schema)
      if (known) return known
      // Wrapped in an object, so that a named schema is referenced even if it is the whole input or output.
      const { properties, $defs } = convert(z.object({ root: schema }), io)
      for (const [name, definition] of Object.entries($defs ?? {})) keep(named, name, definition)
      const result = asObject(properties?.root)
      written[io].set(schema, result)
      return result
    },
    define([preferred, other], schema) {
      const known = named.get(preferred)
      const name = known && !isSame(known, schema) ? other : preferred
      keep(named, name, schema)
      return { $ref: componentPrefix + name }
    },
    resolve(schema) {
      const name = schema.$ref?.slice(componentPrefix.length)
      return (name && named.get(name)) || schema
    },
    components: () => Object.fromEntries([...named].sort(([a], [b]) => (a < b ? -1 : 1))),
  }
}

const componentPrefix = '#/components/schemas/'

function isSame(one: JsonSchema, other: JsonSchema): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

/** A JSON body: its schema, and an example if there is one. */
export function jsonContent(schema: JsonSchema, example: unknown): object {
  return { 'application/json': { schema, ...(example !== undefined && { example }) } }
}

function keep(named: Map<string, JsonSchema>, name: string, definition: JsonSchema): void {
  const known = named.get(name)
  if (known && !isSame(known, definition)) {
    throw new Error(`Two schemas have the id "${name}", such as an input and an output. Give one of them another id.`)
  }
  named.set(name, definition)
}

function convert(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  const converted = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema, path }) => adjust(typeOf(zodSchema), jsonSchema, io, path),
  })
  const text = JSON.stringify(converted).replaceAll('"#/$defs/', `"${componentPrefix}`)
  return JSON.parse(text)
}

function typeOf(schema: z.core.$ZodType): string {
  return schema instanceof z.ZodType ? schema.type : 'unknown'
}

const unrepresentable = new Set(['bigint', 'symbol', 'undefined', 'void', 'map', 'set', 'nan', 'custom', 'transform'])

function adjust(type: string, schema: JsonSchema, io: 'input' | 'output', path: readonly PropertyKey[]): void {
  if (type === 'date') Object.assign(schema, { type: 'string', format: 'date-time' })
  else if (unrepresentable.has(type)) throw new Error(`JSON cannot represent "${type}", at ${path.join('.')}.`)
  // A response may get new keys without breaking clients that were generated before.
  if (type === 'object' && io === 'output') delete schema.additionalProperties
  dropNoise(schema)
}

const describedByFormat = new Set(['uuid', 'email', 'date-time', 'uri'])

// Zod repeats what `format` and `integer` already express, which makes generated clients and the page harder to read.
function dropNoise(schema: JsonSchema): void {
  if (schema.format && describedByFormat.has(schema.format)) delete schema.pattern
  if (schema.type !== 'integer') return
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum
}

function asObject(schema: z.core.JSONSchema._JSONSchema | undefined): JsonSchema {
  return typeof schema === 'object' ? schema : {}
}
