import { type Breakage, isSchema, refusedValues, type Schema } from './refused-values.js'

type Document = Schema

/** An operation of one of the two documents. */
interface Operation {
  document: Document
  operation: Schema
}

interface Pair {
  name: string
  released: Operation
  present: Operation
  seen: Set<string>
}

/**
 * Lists what clients of a released OpenAPI document (3.1) can no longer rely on: operations, parameters, bodies, fields,
 * responses and headers that are gone, inputs that became required or narrower, values of a response that are new, and
 * credentials that are no longer accepted. Additions that an old client does not notice are not listed.
 */
export function compareDocuments(released: Document, present: Document): Breakage[] {
  const seen = new Set<string>()
  const operations = operationsOf(released).flatMap(([name, operation]) => {
    const match = new Map(operationsOf(present)).get(name)
    if (!match) return [{ place: name, change: 'is gone' }]
    const pair = { name, released: operation, present: match, seen }
    return [...compareOperations(pair), ...compareInputs(pair), ...compareResponses(pair)]
  })
  return unique([...operations, ...lostSchemas(released, present)])
}

const methods = ['get', 'put', 'post', 'patch', 'delete', 'head', 'options']

function operationsOf(document: Document): [string, Operation][] {
  return entriesOf(document.paths).flatMap(([path, item]) =>
    entriesOf(item)
      .filter(([method]) => methods.includes(method))
      .map(([method, operation]): [string, Operation] => [`${method.toUpperCase()} ${path}`, { document, operation }]),
  )
}

function compareOperations({ name, released, present }: Pair): Breakage[] {
  const [former, now] = [released.operation.operationId, present.operation.operationId]
  const renamed = former === now ? [] : [{ place: name, change: 'has another operationId' }]
  const accepted = credentialsOf(present)
  const refused = credentialsOf(released).filter((credential) => !accepted.includes(credential))
  return [...renamed, ...refused.map((credential) => ({ place: name, change: `no longer accepts ${credential}` }))]
}

function credentialsOf({ document, operation }: Operation): string[] {
  const listed = operation.security ?? document.security ?? [{}]
  const alternatives = Array.isArray(listed) ? listed.filter(isSchema) : []
  return alternatives.map((one) => (Object.keys(one).length > 0 ? JSON.stringify(one) : 'calls without a credential'))
}

function compareInputs(pair: Pair): Breakage[] {
  const inputs = ['path', 'query', 'header'].flatMap((location) => {
    const schemas = { sent: parametersOf(pair.released, location), taken: parametersOf(pair.present, location) }
    return refused(pair, schemas, `${pair.name} ${location}`, false)
  })
  const body = { sent: bodyOf(pair.released), taken: bodyOf(pair.present) }
  if (!body.sent)
    return body.taken?.isRequired ? [...inputs, { place: `${pair.name} body`, change: 'is required' }] : inputs
  if (!body.taken) return [...inputs, { place: `${pair.name} body`, change: 'is gone' }]
  const isNewlyRequired = body.taken.isRequired && !body.sent.isRequired
  return [
    ...inputs,
    ...(isNewlyRequired ? [{ place: `${pair.name} body`, change: 'is required' }] : []),
    ...refused(pair, { sent: body.sent.schema, taken: body.taken.schema }, `${pair.name} body`, false),
  ]
}

/** The parameters of one location as an object without other keys. */
function parametersOf({ document, operation }: Operation, location: string): Schema {
  const listed = Array.isArray(operation.parameters) ? operation.parameters.filter(isSchema) : []
  const parameters = listed.map((parameter) => resolve(document, parameter)).filter((one) => one.in === location)
  const named = parameters.map((one): [string, unknown] => [String(one.name), one.schema])
  const required = parameters.filter((one) => one.required === true).map((one) => String(one.name))
  return { type: 'object', properties: Object.fromEntries(named), required, additionalProperties: false }
}

function bodyOf({ document, operation }: Operation): { schema: Schema; isRequired: boolean } | undefined {
  if (!isSchema(operation.requestBody)) return undefined
  const body = resolve(document, operation.requestBody)
  return { schema: jsonOf(body), isRequired: body.required === true }
}

function jsonOf({ content }: Schema): Schema {
  const json = isSchema(content) ? content['application/json'] : undefined
  return isSchema(json) && isSchema(json.schema) ? json.schema : {}
}

function compareResponses(pair: Pair): Breakage[] {
  const [released, present] = [responsesOf(pair.released), responsesOf(pair.present)]
  const isSuccess = (status: string) => /^[23]/.test(status)
  const gone = Object.keys(released).filter((status) => isSuccess(status) && !(status in present))
  const added = Object.keys(present).filter((status) => isSuccess(status) && !(status in released))
  const shared = Object.entries(released).flatMap(([status, response]) => {
    const answer = present[status]
    return answer ? compareAnswers(pair, { status, released: response, present: answer }) : []
  })
  return [
    ...gone.map((status) => ({ place: `${pair.name} ${status}`, change: 'is gone' })),
    ...added.map((status) => ({ place: `${pair.name} ${status}`, change: 'is a new success' })),
    ...shared,
  ]
}

function responsesOf({ document, operation }: Operation): Record<string, Schema> {
  return Object.fromEntries(
    entriesOf(operation.responses).map(([status, response]) => [status, resolve(document, response)]),
  )
}

function compareAnswers(pair: Pair, answer: { status: string; released: Schema; present: Schema }): Breakage[] {
  const place = `${pair.name} ${answer.status}`
  const present = entriesOf(answer.present.headers).map(([name]) => name.toLowerCase())
  const lost = entriesOf(answer.released.headers).filter(([name]) => !present.includes(name.toLowerCase()))
  const schemas = { sent: jsonOf(answer.present), taken: jsonOf(answer.released) }
  return [
    ...lost.map(([name]) => ({ place: `${place} ${name}`, change: 'is gone' })),
    ...refused(pair, schemas, place, true),
  ]
}

function refused(pair: Pair, schemas: { sent: Schema; taken: Schema }, place: string, isAnswer: boolean): Breakage[] {
  const [former, now] = [pair.released.document, pair.present.document]
  const [sender, taker] = isAnswer ? [now, former] : [former, now]
  return refusedValues({
    ...schemas,
    place,
    isAnswer,
    resolve: { sent: (schema) => resolve(sender, schema), taken: (schema) => resolve(taker, schema) },
    seen: pair.seen,
  })
}

// Generated clients name their types after these.
function lostSchemas(released: Document, present: Document): Breakage[] {
  const names = (document: Document) =>
    isSchema(document.components) ? entriesOf(document.components.schemas).map(([name]) => name) : []
  const kept = names(present)
  return names(released)
    .filter((name) => !kept.includes(name))
    .map((place) => ({ place, change: 'is gone' }))
}

function resolve(document: Document, part: Schema): Schema {
  if (typeof part.$ref !== 'string') return part
  const found = part.$ref
    .slice(2)
    .split('/')
    .reduce<unknown>((at, key) => (isSchema(at) ? at[key] : undefined), document)
  return isSchema(found) ? resolve(document, found) : {}
}

function entriesOf(value: unknown): [string, Schema][] {
  if (!isSchema(value)) return []
  return Object.entries(value).filter((entry): entry is [string, Schema] => isSchema(entry[1]))
}

function unique(breakages: Breakage[]): Breakage[] {
  const byText = new Map(breakages.map((breakage) => [`${breakage.place} ${breakage.change}`, breakage]))
  return [...byText.values()]
}
