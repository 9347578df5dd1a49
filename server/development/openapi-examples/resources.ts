import { z } from 'zod'
import { featureOf, pathParameters, type RestProcedure } from '../../core/http/rest/procedures.js'
import type { Tokens } from './base.js'
import type { Recorder } from './recorder.js'

type Row = Awaited<ReturnType<Recorder['call']>>

/**
 * Calls every operation that has no example yet: of each feature first what creates, then what reads, changes and deletes, and
 * at last what works on a deleted row. The inputs are the examples in the schemas, or simple values, and the ids are those of rows.
 * An operation that cannot be called gets no example, and a line says why.
 */
export async function playResources(recorder: Recorder, tokens: Tokens): Promise<void> {
  const open = recorder.procedures.filter(({ path }) => !recorder.operations.has(path))
  const play = { recorder, tokens, created: new Map<string, Row>() }
  for (const feature of parentsFirst(open)) {
    const own = open.filter(({ path }) => featureOf(path) === feature)
    await playFeature(
      play,
      own.toSorted((one, other) => rankOf(one) - rankOf(other)),
    )
  }
}

/** The features of procedures, each after those whose rows its paths name. */
function parentsFirst(procedures: readonly RestProcedure[]): Set<string> {
  const ordered = new Set<string>()
  const visit = (feature: string, from: readonly string[]) => {
    if (from.includes(feature)) return
    const own = procedures.filter(({ path }) => featureOf(path) === feature)
    const nouns = own.flatMap(({ rest }) => pathParameters(rest.path).map((name) => nounBefore(rest.path, name)))
    const parents = procedures.filter(({ rest }) => nouns.includes(lastOf(rest.path)))
    for (const { path } of parents) visit(featureOf(path), [...from, feature])
    ordered.add(feature)
  }
  for (const { path } of procedures) visit(featureOf(path), [])
  return ordered
}

/** The noun before a parameter of a path: `posts` for `{postId}` in `/posts/{postId}/comments`. */
function nounBefore(path: string, name: string): string {
  return lastOf(path.slice(0, path.indexOf(`/{${name}}`)))
}

function lastOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

const order = ['GET', 'PUT', 'PATCH', 'POST', 'DELETE']

function rankOf({ rest: { method, status } }: RestProcedure): number {
  return status === 201 ? -1 : order.indexOf(method)
}

interface Play {
  recorder: Recorder
  tokens: Tokens
  /** What was created, by the last noun of the path. */
  created: Map<string, Row>
}

async function playFeature(play: Play, procedures: readonly RestProcedure[]): Promise<void> {
  let row: Row = {}
  const later: RestProcedure[] = []
  for (const procedure of procedures) {
    const played = await playOne(play, { procedure, row }).catch(() => undefined)
    if (!played) later.push(procedure)
    else if (procedure.rest.status === 201 || procedure.rest.method === 'PATCH') {
      row = { ...row, ...played }
      if (procedure.rest.status === 201) play.created.set(lastOf(procedure.rest.path), row)
    }
    // Each change raises the version.
    else if (procedure.rest.method === 'DELETE') row = { ...row, version: Number(row['version']) + 1 }
  }
  for (const procedure of later) {
    // Without an example, which a test of the document then names.
    await playOne(play, { procedure, row }).catch((error: Error) => {
      console.warn(`${procedure.path} gets no example: ${error.message}`)
    })
  }
}

interface Turn {
  procedure: RestProcedure
  /** The row that the feature has created; empty if it creates none. */
  row: Row
}

async function playOne(play: Play, { procedure, row }: Turn): Promise<Row> {
  const { recorder, tokens, created } = play
  const { path, meta, rest, input } = procedure
  const isForUsers = meta.access === 'public' || meta.access === 'user'
  const token = isForUsers ? tokens.user : tokens.admin
  const values: Record<string, unknown> = {}
  for (const name of pathParameters(rest.path)) {
    const found = row[name] ?? (await findParent(recorder, { token, path: rest.path, name, created }))
    values[name] = found
  }
  for (const [name, field] of Object.entries(input?.shape ?? {})) {
    if (name in values || name === 'cursor') continue
    if (name === 'version') {
      if (rest.method === 'POST') values[name] = row['version']
      continue
    }
    const value = name === 'limit' ? 2 : exampleOf(name, field)
    if (value !== undefined && (name === 'limit' || rest.method !== 'GET' || !isOptional(field))) values[name] = value
    else if (!isOptional(field)) {
      throw new Error(`${path} has no example for "${name}". Add one to its schema: .meta({ examples: [...] })`)
    }
  }
  return recorder.call(path, { input: values, token })
}

interface Parent {
  token: string
  path: string
  name: string
  created: Play['created']
}

// What was created under the noun before the parameter, otherwise the first row of the list at that path: for
// `{postId}` in `/posts/{postId}/comments` of `/posts`.
async function findParent(recorder: Recorder, { token, path, name, created }: Parent): Promise<unknown> {
  const known = created.get(nounBefore(path, name))
  if (known) return known[name] ?? known['id']
  const place = path.slice(0, path.indexOf(`/{${name}}`))
  const list = recorder.procedures.find(({ rest }) => rest.method === 'GET' && rest.path === place)
  if (!list) throw new Error(`There is no list at ${place} that has a row for {${name}} in ${path}.`)
  const row = await recorder.call(list.path, { token, input: { limit: 2 } })
  return row[name] ?? row['id']
}

function isOptional(field: z.core.$ZodType): boolean {
  return z.safeParse(field, undefined).success
}

function exampleOf(name: string, field: z.core.$ZodType): unknown {
  const { $defs = {}, $ref, ...own } = z.toJSONSchema(field, { io: 'input', unrepresentable: 'any' })
  const {
    examples,
    enum: values,
    type,
    minimum,
  } = (typeof $ref === 'string' && $defs[$ref.replace('#/$defs/', '')]) || own
  if (examples) return examples[0]
  if (values) return values[0]
  const simple = { boolean: true, integer: minimum, string: `Some ${name}` }[String(type)]
  return z.safeParse(field, simple).success ? simple : undefined
}
