import { z } from 'zod'
import type { RestProcedure } from '../../server/core/http/rest/procedures.js'
import type { Random } from '../../server/testing/random.js'
import { type OwnWords, type TextKind, textKinds } from './texts.js'

type Input = Record<string, unknown>
type Schema = z.core.JSONSchema.BaseSchema

/** An input of any size: `at(1)` is at the bound of its growing part, `at(0.125)` at an eighth of that. */
export interface GrownInput {
  name: string
  /** Whether a password consists of words of its owner. */
  hasOwnWords: boolean
  at(share: number): Input
}

interface GrowthOptions {
  /** The maximum number of characters of a request of this kind. */
  room: number
  random: Random
  ownWords: OwnWords
  /** The number of kinds of text for each field. */
  kindsPerField: number
  /** Values that an input needs to be processed further, by the name of the field. */
  known: Readonly<Input>
}

/** The growing inputs of a procedure: each field up to its bound and beyond, and the whole input. */
export function grownInputs(procedure: RestProcedure, options: GrowthOptions): GrownInput[] {
  const schema = jsonSchemaOf(procedure)
  const fields = Object.entries(schema.properties ?? {}).flatMap(([name, field]) =>
    typeof field === 'object' ? [{ name, schema: resolve(field, schema) }] : [],
  )
  const base = { ...baseInput(fields, schema.required ?? []), ...pickKnown(fields, options.known) }
  return [
    ...fields
      .flatMap((field) => grownField(field, fields, options))
      .map(({ name, value, hasOwnWords = false }) => ({
        name,
        hasOwnWords,
        at: (share: number) => ({ ...base, ...value(share) }),
      })),
    ...wholes(base, fields[0]?.name ?? 'unknown', options.room),
  ]
}

interface Field {
  name: string
  schema: Schema
}

function jsonSchemaOf({ input }: RestProcedure): Schema {
  return input ? z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' }) : {}
}

function resolve(field: Schema, { $defs = {} }: Schema): Schema {
  const name = field.$ref?.split('/').at(-1)
  const target = name === undefined ? undefined : $defs[name]
  return typeof target === 'object' ? target : field
}

/** The smallest input that matches the schema. */
function baseInput(fields: readonly Field[], required: readonly string[]): Input {
  const needed = fields.filter(({ name }) => required.includes(name))
  return Object.fromEntries(needed.map(({ name, schema }) => [name, exampleOf(schema)]))
}

function exampleOf(schema: Schema): unknown {
  const [given] = [...(schema.examples ?? []), ...(schema.enum ?? []), schema.const].filter(
    (value) => value !== undefined,
  )
  if (given !== undefined) return given
  if (schema.format === 'uuid') return '3f0c1c53-6d7b-4d0a-9c55-2a1f4b1c7d11'
  if (schema.format === 'email') return 'ada@example.com'
  if (schema.format === 'date-time') return '2026-01-01T00:00:00.000Z'
  if (schema.type === 'integer' || schema.type === 'number') return schema.minimum ?? 1
  if (schema.type === 'boolean') return true
  if (schema.type === 'array') return []
  return schema.type === 'object' ? {} : 'a quiet example of text'
}

function pickKnown(fields: readonly Field[], known: Readonly<Input>): Input {
  return Object.fromEntries(fields.flatMap(({ name }) => (name in known ? [[name, known[name]]] : [])))
}

interface GrownField {
  name: string
  hasOwnWords?: boolean
  value(share: number): Input
}

function grownField({ name, schema }: Field, fields: readonly Field[], options: GrowthOptions): GrownField[] {
  const { type, minimum = 0, maximum, items } = schema
  if (type === 'integer' || type === 'number') {
    const top = maximum ?? Number.MAX_SAFE_INTEGER
    return [{ name, value: (share) => ({ [name]: Math.ceil(minimum + (top - minimum) * share) }) }]
  }
  if (type === 'array' && typeof items === 'object' && !Array.isArray(items)) {
    const most = schema.maxItems ?? options.room / 8
    const value = (share: number) => ({ [name]: Array.from({ length: most * share }, () => exampleOf(items)) })
    return [{ name: `${name}, items`, value }]
  }
  if (type !== 'string' || schema.enum) return []
  const own = schema.format === 'password' ? [growOwnWords(name, schema, fields, options)] : []
  return [...grownText(name, schema, options), ...own]
}

function grownText(name: string, schema: Schema, options: GrowthOptions): GrownField[] {
  const { room, random, kindsPerField } = options
  const kinds = random.shuffle(textKinds).slice(0, kindsPerField)
  const bound = Math.min(schema.maxLength ?? room, room)
  const atBound = schema.format === 'uuid' ? [] : kinds.map((kind) => grow(name, kind, bound))
  const pastBound = bound < room ? kinds.map((kind) => grow(`${name}, too long`, kind, room, name)) : []
  return [...atBound, ...pastBound]
}

function grow(label: string, { name, write }: TextKind, bound: number, field = label): GrownField {
  return { name: `${label}: ${name}`, value: (share) => ({ [field]: write(Math.ceil(bound * share)) }) }
}

// A password is checked for words of its owner: those of the input, if it contains any.
function growOwnWords(
  field: string,
  { maxLength = 1024 }: Schema,
  fields: readonly Field[],
  { ownWords: { name, email, displayName, write } }: GrowthOptions,
): GrownField {
  const owner = pickKnown(fields, { email, name: displayName })
  return {
    name: `${field}: ${name}`,
    hasOwnWords: true,
    value: (share) => ({ ...owner, [field]: write(Math.ceil(maxLength * share)) }),
  }
}

/** Parts that no schema contains: unknown keys, depth, and lists and objects instead of values. */
function wholes(base: Input, field: string, room: number): GrownInput[] {
  const keys = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, 1]))
  const inputs: Omit<GrownInput, 'hasOwnWords'>[] = [
    { name: 'unknown keys', at: (share) => ({ ...base, ...keys((room / 12) * share) }) },
    { name: 'depth of objects', at: (share) => ({ ...base, [field]: nested(share, '{"a":', '}') }) },
    { name: 'depth of lists', at: (share) => ({ ...base, [field]: nested(share, '[', ']') }) },
    { name: 'a long list', at: (share) => ({ ...base, [field]: Array.from({ length: (room / 2) * share }, () => 1) }) },
    { name: 'many keys below', at: (share) => ({ ...base, [field]: keys((room / 12) * share) }) },
  ]
  return inputs.map((input) => ({ ...input, hasOwnWords: false }))
}

// The maximum depth of `JSON.stringify`; deeper ones are created as text in `shapes.ts`.
const deepest = 4_000

function nested(share: number, open: string, close: string): unknown {
  const levels = Math.ceil(deepest * share)
  return JSON.parse(`${open.repeat(levels)}1${close.repeat(levels)}`)
}
