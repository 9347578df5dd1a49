import { z } from 'zod'
import type { RestProcedure } from '../../core/http/rest/procedures.js'

export type JsonSchema = z.core.JSONSchema.BaseSchema

/** A field of an input, with the JSON Schema of what clients send. */
export interface Field {
  name: string
  schema: JsonSchema
  isRequired: boolean
}

/** Reads the fields of the input of a procedure. Named schemas are inserted where they are referenced. */
export function fieldsOf({ input }: Pick<RestProcedure, 'input'>): Field[] {
  if (!input) return []
  const {
    properties = {},
    required = [],
    $defs = {},
  } = z.toJSONSchema(input, {
    io: 'input',
    unrepresentable: 'any',
    override({ zodSchema, jsonSchema }) {
      if (zodSchema instanceof z.ZodDate) Object.assign(jsonSchema, { type: 'string', format: 'date-time' })
    },
  })
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    schema: resolve(schema, $defs),
    isRequired: required.includes(name),
  }))
}

type Definitions = NonNullable<JsonSchema['$defs']>

function resolve(schema: JsonSchema | boolean, definitions: Definitions): JsonSchema {
  return JSON.parse(JSON.stringify(schema), (_key, part) => {
    const name = typeof part?.$ref === 'string' ? part.$ref.replace('#/$defs/', '') : undefined
    return name === undefined ? part : resolve(definitions[name] ?? {}, definitions)
  })
}
