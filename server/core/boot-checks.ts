import type { AnyTRPCRouter } from '@trpc/server'
import { z } from 'zod'
import {
  listProcedures,
  listRestProcedures,
  locationOf,
  type ProcedureEntry,
  pathParameters,
  type RestProcedure,
  shapeOf,
} from './http/rest/procedures.js'
import { impliedErrors } from './possible-errors.js'
import { defaultLimits } from './procedure-meta.js'
import type { LimitRule } from './security/rate-limits.js'
import { isRecord } from './unknown-values.js'

/**
 * Checks that every procedure of a router has all required declarations.
 *
 * @param scopes the scopes that API keys can have
 * @throws Error with one line for each error, which begins with the name of the procedure
 */
export function checkProcedures(router: AnyTRPCRouter, scopes: readonly string[] = []): void {
  const procedures = listProcedures(router)
  const faults = [
    ...Object.keys(router._def.lazy).map((path) => `${path}: is loaded lazily and cannot be checked`),
    ...procedures.flatMap((procedure) => faultsOf(procedure).map((fault) => `${procedure.path}: ${fault}`)),
    ...sharedRoutes(procedures),
    ...routesInTheWay(listRestProcedures(router)),
    ...unreachable(listRestProcedures(router)),
    ...sharedCounters(procedures),
    ...scopeFaults(procedures, scopes),
  ]
  if (faults.length > 0)
    throw new Error(`The procedures have errors:\n${faults.map((line) => `  - ${line}`).join('\n')}`)
}

function faultsOf(procedure: ProcedureEntry): string[] {
  const { meta, output, isAdmitted } = procedure
  return [
    ...(meta.access && isAdmitted
      ? []
      : ['does not check its access; create it with one of the builders of procedures.ts']),
    ...(meta.summary ? [] : ['has no summary']),
    ...(output ? [] : ['has no output schema']),
    ...inputFaults(procedure),
    ...restFaults(procedure),
    ...limitFaults(procedure),
    ...idempotencyFaults(procedure),
    ...errorFaults(procedure),
  ]
}

function inputFaults({ inputs }: ProcedureEntry): string[] {
  if (inputs.length === 0) return []
  if (inputs.length > 1) return ['has more than one input schema']
  if (!inputs.every(isStrictObject)) return ['has an input that is not a z.strictObject']
  const parts = inputs.flatMap((input) => [...partsOf(input)])
  return [
    ...(parts.every((part) => !(part instanceof z.ZodObject) || isStrictObject(part))
      ? []
      : ['has an input with a part that is not a z.strictObject']),
    ...(parts.some((part) => part instanceof z.ZodAny || part instanceof z.ZodUnknown)
      ? ['has an input with a part that accepts any value; say which values it accepts']
      : []),
  ]
}

function isStrictObject(schema: unknown): boolean {
  return schema instanceof z.ZodObject && schema.def.catchall instanceof z.ZodNever
}

/** A schema and all schemas that it is made of, at any depth. */
function partsOf(schema: unknown, found = new Set<z.ZodType>()): ReadonlySet<z.ZodType> {
  if (!(schema instanceof z.ZodType) || found.has(schema)) return found
  found.add(schema)
  const inner = schema instanceof z.ZodLazy ? [schema.unwrap()] : Object.values(schema.def)
  for (const value of inner) {
    const isGroup = Array.isArray(value) || (isRecord(value) && !(value instanceof z.ZodType))
    for (const part of isGroup ? Object.values(value) : [value]) partsOf(part, found)
  }
  return found
}

function restFaults({ type, meta: { rest }, inputs }: ProcedureEntry): string[] {
  if (!rest) return []
  const keys = inputs.flatMap((input) => (input instanceof z.ZodObject ? Object.keys(input.shape) : []))
  const missing = pathParameters(rest.path).filter((name) => !keys.includes(name))
  return [
    ...missing.map((name) => `has no input key for {${name}} in its REST path`),
    ...(type === 'subscription' ? ['is a subscription, which has no REST route'] : []),
    ...(type === 'query' && rest.method !== 'GET'
      ? [`is a query, so its REST method must be GET, not ${rest.method}`]
      : []),
    ...(type === 'mutation' && rest.method === 'GET' ? ['is a mutation, so its REST method must not be GET'] : []),
  ]
}

function limitFaults({ path, meta: { limits } }: ProcedureEntry): string[] {
  const isUnlimited = path.startsWith('auth.') && !limits?.length
  const wrong = (limits ?? []).filter(({ points, windowSeconds }) => !(points > 0 && windowSeconds > 0))
  const misnamed = (limits ?? []).filter(({ name }) => !limitName.test(name))
  return [
    ...(isUnlimited ? ['is part of auth and declares no limits'] : []),
    ...wrong.map(({ name }) => `has a limit "${name}" whose points or window is not positive`),
    ...misnamed.map(
      ({ name }) => `has a limit "${name}"; its name must consist of letters, digits, dots, hyphens and underscores`,
    ),
  ]
}

function idempotencyFaults({ meta: { access, rest, idempotency } }: ProcedureEntry): string[] {
  const creates = rest?.status === 201
  if (creates && !idempotency) return ["creates something; declare idempotency: 'kept' and use createOnce, or 'none'"]
  if (!creates && idempotency) return ['declares idempotency, which counts only with status 201']
  return idempotency === 'kept' && access === 'public' ? ['keeps answers for keys, but its callers are anonymous'] : []
}

// Only what a reader could not know otherwise is declared.
function errorFaults(procedure: ProcedureEntry): string[] {
  const declared = procedure.meta.errors ?? []
  const implied = impliedErrors(procedure)
  return [
    ...declared.filter((code) => implied.includes(code)).map((code) => `declares ${code}, which is implied`),
    ...declared.filter((code, index) => declared.indexOf(code) < index).map((code) => `declares ${code} twice`),
  ]
}

// Names with a slash are reserved for the counters of services and of the login throttle.
const limitName = /^[\w.-]+$/

// Paths that differ only in the name of a parameter are the same path.
function sharedRoutes(procedures: readonly ProcedureEntry[]): string[] {
  const owners = new Map<string, string>()
  return procedures.flatMap(({ path, meta: { rest } }) => {
    if (!rest) return []
    const route = `${rest.method} ${shapeOf(rest.path)}`
    const owner = owners.get(route)
    owners.set(route, owner ?? path)
    return owner ? [`${path}: shares ${rest.method} ${rest.path} with ${owner}`] : []
  })
}

// What a 201 response creates must be readable where its `Location` says.
function unreachable(procedures: readonly RestProcedure[]): string[] {
  return procedures.flatMap((procedure) => {
    const { status, locatedBy = 'id' } = procedure.rest
    if (status !== 201 || locatedBy === null) return []
    const location = locationOf(procedures, procedure)
    if (location === undefined) {
      return [
        `${procedure.path}: has status 201, but no GET route of its feature ends with {${locatedBy}}; see locatedBy`,
      ]
    }
    const known = [...pathParameters(procedure.rest.path), ...keysOf(procedure.output)]
    const missing = pathParameters(location).filter((name) => !known.includes(name))
    return missing.map((name) => `${procedure.path}: has no output key for {${name}} in its Location ${location}`)
  })
}

// A fixed segment hides the row that a route beside it would find by the same value, such as an article with the slug
// "feed" behind `/articles/feed`.
function routesInTheWay(procedures: readonly RestProcedure[]): string[] {
  return procedures.flatMap((hidden) =>
    procedures.flatMap((hiding) => {
      const value = hidden.rest.method === hiding.rest.method && valueHidden(hidden, hiding)
      if (!value) return []
      return [
        `${hiding.path}: ${hiding.rest.path} hides ${hidden.path}, which accepts "${value}" in ${hidden.rest.path}`,
      ]
    }),
  )
}

/** The values that make a path with parameters the same as another path, if the input accepts them. */
function valueHidden(hidden: RestProcedure, hiding: RestProcedure): string | false {
  const [segments, others] = [hidden.rest.path.split('/'), hiding.rest.path.split('/')]
  if (segments.length !== others.length || shapeOf(hidden.rest.path) === shapeOf(hiding.rest.path)) return false
  const values: string[] = []
  for (const [index, segment] of segments.entries()) {
    const other = others[index] ?? ''
    if (shapeOf(segment) === shapeOf(other)) continue
    const schema = hidden.input?.shape[pathParameters(segment)[0] ?? '']
    if (pathParameters(other).length > 0 || !schema || !z.safeParse(schema, other).success) return false
    values.push(other)
  }
  return values.join('/')
}

function keysOf(output: unknown): string[] {
  return output instanceof z.ZodObject ? Object.keys(output.shape) : []
}

// Each name belongs to one counter and must have one rule. Procedures share a counter by declaring the same object.
function sharedCounters(procedures: readonly ProcedureEntry[]): string[] {
  const owners = new Map<string, { path: string; rule: LimitRule }>()
  const declared = procedures.flatMap(({ path, meta }) =>
    (meta.limits ?? defaultLimits).map((rule) => ({ path, rule })),
  )
  return declared.flatMap(({ path, rule }) => {
    const owner = owners.get(rule.name) ?? { path, rule }
    owners.set(rule.name, owner)
    if (owner.rule === rule) return []
    return [`${path}: has a limit "${rule.name}", like ${owner.path}; rename it, or declare one limit for both`]
  })
}

// What decides about an account, and about its keys, is for people.
const closedToKeys = /^(auth|sessions|apiKeys)\./

function scopeFaults(procedures: readonly ProcedureEntry[], scopes: readonly string[]): string[] {
  const declared = procedures.flatMap(({ path, type, meta: { scope, access } }) => {
    if (scope === undefined) return []
    const due = `${path.split('.')[0]}:${type === 'mutation' ? 'write' : 'read'}`
    const isOfAccount = closedToKeys.test(path) || due === 'users:write'
    return [
      ...(scope === due ? [] : [`${path}: declares the scope "${scope}", but its scope is "${due}"`]),
      ...(scopes.includes(scope) ? [] : [`${path}: declares the scope "${scope}", which no API key can have`]),
      ...(access === 'public' || access === 'user' ? [] : [`${path}: has a scope, but API keys have the role "user"`]),
      ...(isOfAccount ? [`${path}: has a scope, but API keys cannot change accounts, sessions or keys`] : []),
    ]
  })
  const used = new Set<string | undefined>(procedures.map(({ meta }) => meta.scope))
  return [
    ...declared,
    ...scopes.filter((scope) => !used.has(scope)).map((scope) => `The scope "${scope}" has no procedure`),
  ]
}
