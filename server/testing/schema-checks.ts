import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'

/**
 * Creates the comparison of values with the schemas of an OpenAPI document: it returns how a value differs from the schema
 * at a place, which is given by its keys.
 */
export function createSchemaChecks(document: object): (place: readonly string[], value: unknown) => string[] {
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  formats.default(ajv)
  ajv.addSchema({ ...document, $id: 'document' })
  const validators = new Map<string, ValidateFunction>()
  return (place, value) => {
    const $ref = `document#${place.map((key) => `/${encodeURIComponent(escapePointer(key))}`).join('')}`
    const validate = validators.get($ref) ?? ajv.compile({ $ref })
    validators.set($ref, validate)
    if (validate(value)) return []
    return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath || 'the value'} ${message}`)
  }
}

/** Writes a key as a part of a JSON pointer (RFC 6901 section 3). */
export function escapePointer(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1')
}
