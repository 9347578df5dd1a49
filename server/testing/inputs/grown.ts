import type { RestProcedure } from '../../core/http/rest/procedures.js'
import type { Random } from '../random.js'
import { type Field, fieldsOf, type JsonSchema } from './fields.js'
import { type OwnWords, type TextKind, textKinds } from './texts.js'
import { exampleOf } from './values.js'

type Input = Record<string, unknown>

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
  const fields = fieldsOf(procedure)
  const base = { ...smallestInput(fields), ...pickKnown(fields, options.known) }
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

/** The smallest input that matches the schema. */
function smallestInput(fields: readonly Field[]): Input {
  const needed = fields.filter(({ isRequired }) => isRequired)
  return Object.fromEntries(needed.map(({ name, schema }) => [name, exampleOf(schema)]))
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
    const item = exampleOf(items)
    const value = (share: number) => ({ [name]: Array.from({ length: most * share }, () => item) })
    return [{ name: `${name}, items`, value }]
  }
  if (type !== 'string' || schema.enum) return []
  const own = schema.format === 'password' ? [growOwnWords(name, schema, fields, options)] : []
  return [...grownText(name, schema, options), ...own]
}

function grownText(name: string, schema: JsonSchema, options: GrowthOptions): GrownField[] {
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
  { maxLength = 1024 }: JsonSchema,
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

// The maximum depth of `JSON.stringify`; deeper ones are created as text in `superjson-shapes.ts`.
const deepest = 4_000

function nested(share: number, open: string, close: string): unknown {
  const levels = Math.ceil(deepest * share)
  return JSON.parse(`${open.repeat(levels)}1${close.repeat(levels)}`)
}
