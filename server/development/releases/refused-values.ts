/** A JSON Schema, with the keywords of OpenAPI 3.1. */
export type Schema = Readonly<Record<string, unknown>>

/** What breaks, by a name that the changelog can quote. */
export interface Breakage {
  /** Where: `DELETE /posts/{id}`, `GET /posts query.limit`, `POST /posts 201 data.title`, `Post.title`. */
  place: string
  /** What has changed there, as the rest of a sentence. */
  change: string
}

/** The two sides of a comparison, and where it stands. */
export interface Comparison {
  /** What one side may send. */
  sent: Schema
  /** What the other side accepts. */
  taken: Schema
  place: string
  /** Whether the server answers; a client ignores keys that it does not know, and the server rejects them. */
  isAnswer: boolean
  /** Resolves a reference of each side. */
  resolve: { sent(schema: Schema): Schema; taken(schema: Schema): Schema }
  /** The pairs of named schemas that were compared before, because schemas may contain themselves. */
  seen: Set<string>
}

/**
 * Lists where `taken` refuses a value that `sent` allows: a missing key, another type, a value outside an enumeration, or
 * beyond a bound. For inputs, what clients of the last release send has to fit the present schema; for outputs, what the
 * present server sends has to fit the former schema. Patterns and formats count as different if their texts differ.
 */
export function refusedValues(comparison: Comparison): Breakage[] {
  const named = enterNamed(comparison)
  if (!named) return []
  const [sent, taken] = [flatten(named.sent, named.resolve.sent), flatten(named.taken, named.resolve.taken)]
  const both = { ...named, sent, taken }
  if (alternativesOf(sent).length > 0 || alternativesOf(taken).length > 0) return compareAlternatives(both)
  const types = compareTypes(both)
  if (types.length > 0) return types
  return [
    ...compareValues(both),
    ...compareBounds(both),
    ...compareTexts(both),
    ...compareItems(both),
    ...compareKeys(both),
  ]
}

// A named schema is compared once for each direction, under its own name.
function enterNamed(comparison: Comparison): Comparison | undefined {
  const { sent, taken, seen, isAnswer } = comparison
  const name = nameOf(taken)
  if (name === undefined || name !== nameOf(sent)) return comparison
  const key = `${name} ${isAnswer}`
  if (seen.has(key)) return undefined
  seen.add(key)
  return { ...comparison, place: name }
}

function nameOf({ $ref }: Schema): string | undefined {
  return typeof $ref === 'string' ? $ref.split('/').at(-1) : undefined
}

// The parts of `allOf` hold together. A later part narrows a property of an earlier one.
function flatten(schema: Schema, resolve: (schema: Schema) => Schema): Schema {
  const { allOf, ...own } = resolve(schema)
  const parts = schemasIn(allOf).map((part) => flatten(part, resolve))
  if (parts.length === 0) return own
  return [...parts, own].reduce<Schema>((all, part) => {
    const properties = { ...propertiesOf(all), ...propertiesOf(part) }
    return { ...all, ...part, properties, required: [...requiredOf(all), ...requiredOf(part)] }
  }, {})
}

function alternativesOf(schema: Schema): Schema[] {
  return [...schemasIn(schema.anyOf), ...schemasIn(schema.oneOf)]
}

// Each alternative that may be sent has to fit one that is accepted: the one in which least is refused.
function compareAlternatives(comparison: Comparison): Breakage[] {
  const { sent, taken } = comparison
  const accepted = alternativesOf(taken).length > 0 ? alternativesOf(taken) : [taken]
  const possible = alternativesOf(sent).length > 0 ? alternativesOf(sent) : [sent]
  return possible.flatMap((alternative) => {
    const tries = accepted.map((candidate) => {
      const seen = new Set(comparison.seen)
      return refusedValues({ ...comparison, sent: alternative, taken: candidate, seen })
    })
    return tries.sort((a, b) => a.length - b.length)[0] ?? []
  })
}

function compareTypes({ sent, taken, place, isAnswer }: Comparison): Breakage[] {
  const accepted = typesOf(taken)
  if (accepted.length === 0) return []
  const possible = typesOf(sent)
  const fits = (type: string) => accepted.includes(type) || (type === 'integer' && accepted.includes('number'))
  const strangers = possible.filter((type) => !fits(type))
  if (possible.length > 0 && strangers.length === 0) return []
  const type = strangers.join(' or ') || 'of any type'
  return [{ place, change: isAnswer ? `can be ${type}` : `can no longer be ${type}` }]
}

function typesOf({ type, enum: values, const: value }: Schema): string[] {
  if (type !== undefined) return [type].flat().map(String)
  const given = Array.isArray(values) ? values : value === undefined ? [] : [value]
  return [...new Set(given.map((one) => (one === null ? 'null' : typeof one)))]
}

function compareValues({ sent, taken, place, isAnswer }: Comparison): Breakage[] {
  const accepted = valuesOf(taken)
  if (!accepted) return []
  const strangers = valuesOf(sent)?.filter((value) => !accepted.includes(value)) ?? ['any text']
  return strangers.map((value) => ({ place, change: isAnswer ? `can be ${value}` : `can no longer be ${value}` }))
}

function valuesOf({ enum: values, const: value }: Schema): string[] | undefined {
  if (Array.isArray(values)) return values.map((one) => JSON.stringify(one))
  return value === undefined ? undefined : [JSON.stringify(value)]
}

const lowerBounds = ['minimum', 'exclusiveMinimum', 'minLength', 'minItems', 'minProperties']
const upperBounds = ['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems', 'maxProperties']

function compareBounds({ sent, taken, place, isAnswer }: Comparison): Breakage[] {
  return [...lowerBounds, ...upperBounds].flatMap((bound) => {
    const [extreme, limit] = [numberAt(sent, bound), numberAt(taken, bound)]
    if (limit === undefined || isWithin(bound, extreme, limit)) return []
    const [former, present] = isAnswer ? [limit, extreme] : [extreme, limit]
    return [{ place, change: `has the ${bound} ${present ?? 'none'} instead of ${former ?? 'none'}` }]
  })
}

function isWithin(bound: string, extreme: number | undefined, limit: number): boolean {
  if (extreme === undefined) return false
  return lowerBounds.includes(bound) ? extreme >= limit : extreme <= limit
}

function numberAt(schema: Schema, keyword: string): number | undefined {
  const value = schema[keyword]
  return typeof value === 'number' ? value : undefined
}

function compareTexts({ sent, taken, place }: Comparison): Breakage[] {
  return ['pattern', 'format', 'uniqueItems', 'not', 'propertyNames', 'prefixItems']
    .filter((keyword) => taken[keyword] !== undefined && taken[keyword] !== false)
    .filter((keyword) => JSON.stringify(sent[keyword]) !== JSON.stringify(taken[keyword]))
    .map((keyword) => ({ place, change: `has another "${keyword}"` }))
}

function compareItems(comparison: Comparison): Breakage[] {
  const { sent, taken, place } = comparison
  if (!isSchema(sent.items) || !isSchema(taken.items)) return []
  return refusedValues({ ...comparison, sent: sent.items, taken: taken.items, place: `${place}[]` })
}

function compareKeys(comparison: Comparison): Breakage[] {
  const [sent, taken] = [propertiesOf(comparison.sent), propertiesOf(comparison.taken)]
  const below = (key: string) => (comparison.place.endsWith(' ') ? '' : `${comparison.place}.`) + key
  const shared = Object.entries(sent).flatMap(([key, schema]) => {
    const accepted = taken[key]
    return accepted ? refusedValues({ ...comparison, sent: schema, taken: accepted, place: below(key) }) : []
  })
  const lost = lostKeys(comparison).map(({ place, change }) => ({ place: below(place), change }))
  return [...lost, ...shared, ...compareOtherKeys(comparison)]
}

// A server rejects keys that it does not know. A client misses any key that it knew, also one that was not always there.
function lostKeys({ sent, taken, isAnswer }: Comparison): Breakage[] {
  const [ofSent, ofTaken] = [propertiesOf(sent), propertiesOf(taken)]
  const required = requiredOf(taken).filter((key) => !requiredOf(sent).includes(key))
  if (isAnswer) {
    const removed = Object.keys(ofTaken).filter((key) => !(key in ofSent))
    const optional = required.filter((key) => key in ofSent)
    return [
      ...removed.map((place) => ({ place, change: 'is gone' })),
      ...optional.map((place) => ({ place, change: 'is no longer always there' })),
    ]
  }
  const removed = taken.additionalProperties === false ? Object.keys(ofSent).filter((key) => !(key in ofTaken)) : []
  return [
    ...removed.map((place) => ({ place, change: 'is no longer accepted' })),
    ...required.map((place) => ({ place, change: 'is required' })),
  ]
}

function compareOtherKeys(comparison: Comparison): Breakage[] {
  const { sent, taken, place, isAnswer } = comparison
  if (isSchema(sent.additionalProperties) && isSchema(taken.additionalProperties)) {
    const schemas = { sent: sent.additionalProperties, taken: taken.additionalProperties }
    return refusedValues({ ...comparison, ...schemas, place: `${place}{}` })
  }
  const isClosed = !isAnswer && taken.additionalProperties === false && sent.additionalProperties !== false
  return isClosed && sent.type === 'object' ? [{ place, change: 'no longer accepts other keys' }] : []
}

function propertiesOf({ properties }: Schema): Readonly<Record<string, Schema>> {
  return isSchema(properties) ? Object.fromEntries(Object.entries(properties).filter(isSchemaEntry)) : {}
}

function isSchemaEntry(entry: [string, unknown]): entry is [string, Schema] {
  return isSchema(entry[1])
}

function requiredOf({ required }: Schema): string[] {
  return Array.isArray(required) ? required.map(String) : []
}

function schemasIn(value: unknown): Schema[] {
  return Array.isArray(value) ? value.filter(isSchema) : []
}

/** Whether a part of a document is an object. */
export function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
