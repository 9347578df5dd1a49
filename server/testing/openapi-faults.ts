import type { OpenApiDocument } from '../core/http/openapi/document.js'
import { isRecord } from '../core/unknown-values.js'
import { createSchemaChecks, escapePointer } from './schema-checks.js'

/**
 * Finds the schemas of a document that leave open how large a value can be: strings without a maximum length, a format, a
 * pattern or fixed values, integers without a minimum or a maximum, and arrays without a maximum number of items.
 *
 * @returns their JSON pointers, each with the missing keyword
 */
export function findUnbounded(document: object): string[] {
  return placesIn(document).flatMap(({ place, value }) => {
    const types = [value['type']].flat()
    const has = (...keywords: string[]) => keywords.some((keyword) => keyword in value)
    return [
      ...(types.includes('string') && !has('maxLength', 'format', 'pattern', 'enum', 'const') ? ['maxLength'] : []),
      ...(types.includes('integer') && !has('minimum', 'enum', 'const') ? ['minimum'] : []),
      ...(types.includes('integer') && !has('maximum', 'enum', 'const') ? ['maximum'] : []),
      ...(types.includes('array') && !has('maxItems') ? ['maxItems'] : []),
    ].map((keyword) => `${pointerTo(place)}: ${keyword}`)
  })
}

interface Place {
  /** The keys that lead to it. */
  place: readonly string[]
  value: Record<string, unknown>
}

/** Every object of a document with its place, without those in examples. */
function placesIn(value: unknown, place: readonly string[] = []): Place[] {
  if (Array.isArray(value)) return value.flatMap((each, index) => placesIn(each, [...place, String(index)]))
  if (!isRecord(value)) return []
  const inner = Object.entries(value).filter(([key]) => !/^(example|examples|default)$/.test(key))
  return [{ place, value }, ...inner.flatMap(([key, each]) => placesIn(each, [...place, key]))]
}

/** Finds the examples of a document that are missing or do not match their schema, by their JSON pointers. */
export function findExampleFaults(document: OpenApiDocument): string[] {
  const differences = createSchemaChecks(document)
  return placesIn({ paths: document.paths, components: { responses: document.components['responses'] } }).flatMap(
    ({ place, value: { schema, example, examples } }) => {
      if (!schema || place.at(-1) !== 'application/json') return []
      const values = isRecord(examples) ? Object.values(examples).map((each) => Object(each).value) : [example]
      return values.flatMap((value) => {
        const faults = value === undefined ? ['has no example'] : differences([...place, 'schema'], value)
        return faults.map((fault) => `${pointerTo(place)}: ${fault}`)
      })
    },
  )
}

function pointerTo(place: readonly string[]): string {
  return place.map((key) => `/${escapePointer(key)}`).join('')
}
