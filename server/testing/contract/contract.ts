import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import type { FastifyInstance } from 'fastify'
import { createCoercion } from '../../core/http/rest/coercion.js'
import { pathParameters, type RestProcedure } from '../../core/http/rest/procedures.js'
import { type Field, fieldsOf } from '../inputs/fields.js'
import { type OddRequest, oddRequests } from '../inputs/odd-requests.js'
import { brokenValuesOf, edgesOf, valuesOf } from '../inputs/values.js'
import { requestWriters, textOf } from '../requests.js'
import { type Outcome, readRest, send, trpcTransport } from '../transports.js'
import { disagreements } from './agreement.js'
import type { DocumentChecks } from './document.js'

type Input = Record<string, unknown>

/** Who calls, and an input that suits the procedure. */
interface Caller {
  accessToken: string | undefined
  input: Input | undefined
}

/** An app, and who calls it. */
export interface ContractApp<Actor extends string> {
  app: FastifyInstance
  prepare(procedure: RestProcedure, actor: Actor): Promise<Caller>
}

export interface ContractTarget<Actor extends string> {
  /** One app for each transport, with equal rows: what one call changes does not affect the other. */
  tRPC: ContractApp<Actor>
  REST: ContractApp<Actor>
  /** The app for requests that are only sent over REST. */
  odd: ContractApp<Actor>
  /** The OpenAPI document that requests and responses have to match. */
  document: DocumentChecks
  /** The kinds of callers of a procedure. The first one calls it most often. */
  actorsOf(procedure: RestProcedure): readonly [Actor, ...Actor[]]
  /** The fields with rules that no document can state, because they depend on settings, on the time or on other rows. */
  ruled: ReadonlySet<string>
  /** Returns what a value that a procedure has returned must not have. */
  faultsOfValue(procedure: RestProcedure, value: unknown): string[]
}

/** A call: its caller, and how its input differs from the prepared one. */
interface ContractCall<Actor extends string> {
  actor: Actor
  /** The new values, by the name of the field. A value is in a list, and undefined leaves the field out. */
  changes: Changes
}

type Changes = Readonly<Record<string, readonly unknown[]>>

/** A request of REST whose caller, input and parts the procedure may not expect. */
interface ContractRequest<Actor extends string> {
  actor: Actor
  request: OddRequest
}

/** The contract of one procedure. */
export interface Contract<Actor extends string> {
  calls: fc.Arbitrary<ContractCall<Actor>>
  /** Calls that are always made: each caller with its prepared input, and each field at its bounds and beyond them. */
  examples: readonly ContractCall<Actor>[]
  /** Makes a call over both transports. @returns how the responses violate the contract */
  faultsOf(call: ContractCall<Actor>): Promise<string[]>
  requests: fc.Arbitrary<ContractRequest<Actor>>
  /** Sends a request. @returns how the response violates the contract */
  faultsOfRequest(request: ContractRequest<Actor>): Promise<string[]>
}

/**
 * Creates the contract of a procedure: each of its REST responses is documented, status, headers and body, none is an
 * error of the server, the document allows the inputs that the procedure accepts, and tRPC answers the same call with the
 * same value or error.
 */
export function createContract<Actor extends string>(
  target: ContractTarget<Actor>,
  procedure: RestProcedure,
): Contract<Actor> {
  const fields = fieldsOf(procedure)
  const actors = target.actorsOf(procedure)
  const trpc = createCallers(target.tRPC, procedure)
  const rest = createCallers(target.REST, procedure)
  const odd = createCallers(target.odd, procedure)
  const isSayable = createRestFilter(procedure)
  return {
    calls: fc.record({ actor: someActor(actors), changes: someChanges(fields) }),
    examples: [
      ...actors.map((actor) => ({ actor, changes: {} })),
      ...fields.flatMap(({ name, schema }) =>
        edgesOf(schema).map((value) => ({ actor: actors[0], changes: { [name]: [value] } })),
      ),
    ],
    async faultsOf({ actor, changes }) {
      const call = change(await trpc.take(actor), changes)
      const outcome = await trpcTransport(target.tRPC.app, { ...call, procedure })
      trpc.release(actor, outcome.status)
      const reading = { ruled: target.ruled, input: call.input ?? {} }
      const faults = [
        ...faultsOfTrpc(outcome, target.document),
        ...faultsOfReading(reading, target.document.faultsOfInput(procedure.rest, reading.input), outcome),
        ...target.faultsOfValue(procedure, outcome.data),
      ]
      const { input, ...caller } = change(await rest.take(actor), changes)
      const request = requestWriters.REST(procedure, input)
      if (!isSayable(input) || isOfAnother(target.REST.app, procedure, request.path)) return faults
      const answer = await send(target.REST.app, request, caller)
      rest.release(actor, answer.statusCode)
      const undocumented = target.document.faultsOfAnswer(procedure.rest, answer)
      if (undocumented.length > 0) return [...faults, ...undocumented]
      return [...faults, ...disagreements(outcome, readRest(answer))]
    },
    requests: fc.record({ actor: someActor(actors), request: oddRequests() }),
    async faultsOfRequest({ actor, request: { headers, body, query } }) {
      const { accessToken, input } = await odd.take(actor)
      const usual = requestWriters.REST(procedure, input)
      const path = query === undefined ? usual.path : usual.path.replace(/\?.*/, '') + query
      const sent = { ...usual, path, ...(body !== undefined && { body }) }
      const answer = await send(target.odd.app, sent, { accessToken, headers })
      odd.release(actor, answer.statusCode)
      return target.document.faultsOfAnswer(procedure.rest, answer)
    },
  }
}

function someActor<Actor>([first, ...others]: readonly [Actor, ...Actor[]]): fc.Arbitrary<Actor> {
  if (others.length === 0) return fc.constant(first)
  return fc.oneof({ weight: 3, arbitrary: fc.constant(first) }, { weight: 1, arbitrary: fc.constantFrom(...others) })
}

/** Changes of which all match the schema, or all but one. */
function someChanges(fields: readonly Field[]): fc.Arbitrary<Changes> {
  const unknown = fc.record({ unknown: fc.tuple(fc.jsonValue({ maxDepth: 2 })) })
  if (fields.length === 0) return fc.oneof(fc.constant({}), unknown)
  const valid = fc.record(Object.fromEntries(fields.map((field) => [field.name, someValue(field)])))
  const broken = fields.map(({ name, schema }) => fc.record({ [name]: fc.tuple(brokenValuesOf(schema)) }))
  const all = fc.oneof(fc.constant({}), { weight: 3, arbitrary: fc.oneof(...broken) }, unknown)
  return fc.tuple(valid, all).map(([kept, changed]) => ({ ...kept, ...changed }))
}

// An empty list keeps the prepared value, which is often needed to get further, such as the id of a row.
function someValue({ schema, isRequired }: Field): fc.Arbitrary<readonly unknown[]> {
  return fc.oneof(
    { weight: schema.format === 'uuid' || schema.format === 'password' ? 8 : 2, arbitrary: fc.constant([]) },
    {
      weight: isRequired ? 2 : 4,
      arbitrary: fc.tuple(isRequired ? valuesOf(schema) : fc.option(valuesOf(schema), { nil: undefined })),
    },
  )
}

function change({ input, accessToken }: Caller, changes: Changes): Caller {
  const entries = Object.entries(changes).filter(([, value]) => value.length > 0)
  if (entries.length === 0) return { input, accessToken }
  return { input: { ...input, ...Object.fromEntries(entries.map(([name, [value]]) => [name, value])) }, accessToken }
}

/** Creates the test of whether a request of REST can express an input: paths and queries are text, bodies are JSON. */
function createRestFilter({ rest, input: schema }: RestProcedure): (input: Input | undefined) => boolean {
  const coerce = schema ? createCoercion(schema) : (_name: string, value: unknown) => value
  const inPath = pathParameters(rest.path)
  return (input = {}) =>
    Object.entries(input).every(([name, value]) => {
      if (value === undefined) return !inPath.includes(name)
      const isText = inPath.includes(name) || rest.method === 'GET'
      if (!isText) return isDeepStrictEqual(JSON.parse(JSON.stringify(value)), value)
      const texts = [value].flat().map(textOf)
      const sent = inPath.includes(name) ? texts[0] : texts.length === 1 ? texts[0] : texts
      return isSafe(texts, inPath.includes(name)) && isDeepStrictEqual(coerce(name, sent), value)
    })
}

/** Whether a value in a path makes it the path of another procedure, as `me` does in `/users/{id}`. */
function isOfAnother(app: FastifyInstance, { rest }: RestProcedure, path: string): boolean {
  const [url = ''] = path.split('?', 1)
  return pathParameters(rest.path).length > 0 && app.hasRoute({ method: rest.method, url })
}

// Dots in a path are steps, and an empty part is another path (RFC 3986 section 5.2.4). Half of a surrogate pair cannot be
// encoded.
function isSafe(texts: readonly string[], isInPath: boolean): boolean {
  if (texts.length === 0 || texts.some((text) => /\p{Surrogate}/u.test(text))) return false
  return !isInPath || (texts.length === 1 && !['', '.', '..'].includes(texts[0] ?? ''))
}

/** Prepares the callers of a procedure, and keeps each for further calls until one changes something. */
function createCallers<Actor extends string>({ prepare }: ContractApp<Actor>, procedure: RestProcedure) {
  const kept = new Map<Actor, Promise<Caller>>()
  const isCounted = procedure.meta.limits !== undefined
  return {
    take(actor: Actor): Promise<Caller> {
      const caller = kept.get(actor) ?? prepare(procedure, actor)
      kept.set(actor, caller)
      return caller
    },
    release(actor: Actor, status: number): void {
      const hasChanged = procedure.type !== 'query' && status < 300
      if (hasChanged || isCounted) kept.delete(actor)
    },
  }
}

function faultsOfTrpc({ status, error }: Outcome, { faultsOfError }: DocumentChecks): string[] {
  const failed = status >= 500 ? [`the server failed with ${status} over tRPC`] : []
  return error ? [...failed, ...faultsOfError(error).map((text) => `the error over tRPC: ${text}`)] : failed
}

/**
 * Returns where the document and the procedure disagree on an input. The rules of a schema that JSON Schema does not have
 * are those with the code `custom`, and blanks around a text, which are removed before its length is checked.
 */
function faultsOfReading(
  { ruled, input }: { ruled: ReadonlySet<string>; input: Input },
  differences: readonly string[] | undefined,
  { error }: Outcome,
): string[] {
  if (differences === undefined) return []
  if (!error && differences.length > 0) return [`what the document forbids was accepted: ${differences.join(', ')}`]
  if (error?.code !== 'VALIDATION_ERROR' || differences.length > 0) return []
  const refused = (error.details ?? []).filter(({ path, code }) => {
    const value = input[path]
    const hasBlanks = typeof value === 'string' && value.trim() !== value
    return code !== 'custom' && !ruled.has(path) && !hasBlanks
  })
  return refused.map(({ path, message }) => `what the document allows was refused: ${path}: ${message}`)
}
