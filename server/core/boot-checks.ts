import type { AnyTRPCRouter } from '@trpc/server'
import { z } from 'zod'
import { listProcedures, type ProcedureEntry, pathParameters } from './http/rest/procedures.js'
import { defaultLimits } from './procedure-meta.js'
import type { LimitRule } from './security/rate-limits.js'

/**
 * Checks that every procedure of a router has all required declarations.
 *
 * @throws Error with one line for each error, which begins with the name of the procedure
 */
export function checkProcedures(router: AnyTRPCRouter): void {
  const procedures = listProcedures(router)
  const faults = [
    ...Object.keys(router._def.lazy).map((path) => `${path}: is loaded lazily and cannot be checked`),
    ...procedures.flatMap((procedure) => faultsOf(procedure).map((fault) => `${procedure.path}: ${fault}`)),
    ...sharedRoutes(procedures),
    ...sharedCounters(procedures),
  ]
  if (faults.length > 0)
    throw new Error(`The procedures have errors:\n${faults.map((line) => `  - ${line}`).join('\n')}`)
}

function faultsOf(procedure: ProcedureEntry): string[] {
  const { meta, output } = procedure
  return [
    ...(meta.access ? [] : ['does not declare its access; create it with one of the builders of procedures.ts']),
    ...(meta.summary ? [] : ['has no summary']),
    ...(output ? [] : ['has no output schema']),
    ...inputFaults(procedure),
    ...restFaults(procedure),
    ...limitFaults(procedure),
  ]
}

function inputFaults({ inputs }: ProcedureEntry): string[] {
  if (inputs.length === 0) return []
  if (inputs.length > 1) return ['has more than one input schema']
  return inputs.every(isStrictObject) ? [] : ['has an input that is not a z.strictObject']
}

function isStrictObject(schema: unknown): boolean {
  return schema instanceof z.ZodObject && schema.def.catchall instanceof z.ZodNever
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

// Names with a slash are reserved for the counters of services and of the login throttle.
const limitName = /^[\w.-]+$/

// Paths that differ only in the name of a parameter are the same path.
function sharedRoutes(procedures: readonly ProcedureEntry[]): string[] {
  const owners = new Map<string, string>()
  return procedures.flatMap(({ path, meta: { rest } }) => {
    if (!rest) return []
    const route = `${rest.method} ${rest.path.replace(/\{\w+\}/g, '{}')}`
    const owner = owners.get(route)
    owners.set(route, owner ?? path)
    return owner ? [`${path}: shares ${rest.method} ${rest.path} with ${owner}`] : []
  })
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
