import type { FastifyRequest } from 'fastify'
import { BadRequestError, ValidationError } from '../../errors.js'
import { isRecord } from '../../unknown-values.js'
import { readJson } from '../json-input.js'
import { createCoercion } from './coercion.js'
import type { RestProcedure } from './procedures.js'

/** A request of a REST route, with the parameters that Fastify has parsed. */
export type RestRequest = FastifyRequest<{ Params: Record<string, string>; Querystring: Record<string, unknown> }>

/**
 * Creates the function that builds the input of a procedure: from path and query for GET, from path and body for other
 * methods. Only text values are converted. Zod validates the result afterwards.
 *
 * It throws ValidationError for unknown keys, and BadRequestError for a body that `readJson` rejects.
 */
export function createInputReader({ input }: RestProcedure): (request: RestRequest) => unknown {
  if (!input) return (request) => refuseFields(fieldsOf(request, (_name, value) => value))
  const coerce = createCoercion(input)
  return (request) => {
    const fields = fieldsOf(request, coerce)
    if (!isRecord(fields)) return fields
    const names = Object.keys(request.params)
    refuseKeys(names.filter((key) => Object.hasOwn(fields, key)))
    const input = { ...fields }
    for (const name of names) define(input, name, coerce(name, request.params[name]))
    return input
  }
}

/** Creates the function that builds the input of a procedure from the values of its path alone. */
export function createPathReader({ input }: RestProcedure): (params: Record<string, string>) => unknown {
  if (!input) return () => undefined
  const coerce = createCoercion(input)
  return (params) => coerceAll(params, coerce)
}

/**
 * Adds the version that a precondition demands.
 *
 * @throws BadRequestError if the input names another version
 */
export function addVersion(input: unknown, version: number | undefined): unknown {
  if (version === undefined || !isRecord(input)) return input
  if (input.version !== undefined && input.version !== version) {
    throw new BadRequestError({ message: 'The precondition and the version in the body are different.' })
  }
  return { ...input, version }
}

/** @throws ValidationError if a procedure without an input receives one; an empty object is allowed */
export function refuseFields(fields: unknown): void {
  if (fields === undefined || fields === null) return
  refuseKeys(isRecord(fields) ? Object.keys(fields) : [''])
}

type Coerce = ReturnType<typeof createCoercion>

function fieldsOf(request: RestRequest, coerce: Coerce): unknown {
  if (request.method === 'GET' || request.method === 'HEAD') return coerceAll(request.query, coerce)
  refuseKeys(Object.keys(request.query))
  const body = readJson(request.body)
  return body === undefined ? {} : body
}

function coerceAll(values: Record<string, unknown>, coerce: Coerce): Record<string, unknown> {
  const coerced: Record<string, unknown> = {}
  for (const name of Object.keys(values)) define(coerced, name, coerce(name, values[name]))
  return coerced
}

function refuseKeys(keys: readonly string[]): void {
  if (keys.length === 0) return
  const details = keys.map((path) => ({ path, message: 'Unknown key.', code: 'unrecognized_keys' }))
  throw new ValidationError({ details })
}

// `__proto__` remains a key, which Zod then rejects; an assignment would set the prototype.
function define(fields: Record<string, unknown>, name: string, value: unknown): void {
  if (name === '__proto__') Object.defineProperty(fields, name, { value, enumerable: true, configurable: true })
  else fields[name] = value
}
