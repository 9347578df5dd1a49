import type { AnyTRPCProcedure, AnyTRPCRouter } from '@trpc/server'
import { z } from 'zod'
import { admissions, type Meta, type RestRoute } from '../../procedure-meta.js'

/** The declarations of a procedure, read from the router. */
export interface ProcedureEntry {
  /** Its dotted name, such as `posts.create`. */
  path: string
  type: 'query' | 'mutation' | 'subscription'
  meta: Meta
  inputs: readonly unknown[]
  /** The input, if it is an object, as every input has to be. */
  input: z.ZodObject | undefined
  output: unknown
  /** Whether it was created with one of the builders, which check the access of each call. */
  isAdmitted: boolean
}

/** A procedure with a route under `/api`. */
export interface RestProcedure extends ProcedureEntry {
  rest: RestRoute
}

/** Lists the procedures of a router in their order of declaration. */
export function listProcedures(router: AnyTRPCRouter): ProcedureEntry[] {
  const procedures: Record<string, AnyTRPCProcedure> = router._def.procedures
  return Object.entries(procedures).map(([path, { _def: def }]) => ({
    path,
    type: def.type,
    meta: def.meta ?? {},
    inputs: def.inputs,
    input: def.inputs.find((schema) => schema instanceof z.ZodObject),
    output: 'output' in def ? def.output : undefined,
    isAdmitted:
      'middlewares' in def && Array.isArray(def.middlewares) && def.middlewares.some((one) => admissions.has(one)),
  }))
}

/** Lists the procedures that declare a REST route. */
export function listRestProcedures(router: AnyTRPCRouter): RestProcedure[] {
  return listProcedures(router).flatMap((entry) => (entry.meta.rest ? [{ ...entry, rest: entry.meta.rest }] : []))
}

/** Whether an output is a page of a list. */
export function isPage(output: unknown): boolean {
  return output instanceof z.ZodObject && 'items' in output.shape && 'meta' in output.shape
}

/**
 * Finds the route of what a procedure creates: the GET route below its own path, or one of the same feature, that ends
 * with the key in `locatedBy`.
 *
 * @returns undefined if the procedure creates nothing that has a URL, or if there is no such route
 */
export function locationOf(procedures: readonly RestProcedure[], { path, rest }: RestProcedure): string | undefined {
  const { locatedBy = 'id', status } = rest
  if (status !== 201 || locatedBy === null) return undefined
  const readers = procedures.filter(({ rest: { method } }) => method === 'GET')
  const below = readers.filter((reader) => reader.rest.path === `${rest.path}/{${locatedBy}}`)
  const beside = readers.filter(
    (reader) => featureOf(reader.path) === featureOf(path) && reader.rest.path.endsWith(`/{${locatedBy}}`),
  )
  return [...below, ...beside][0]?.rest.path
}

/** Finds the procedure that reads what another one changes: the GET route of the same URL. */
export function readerOf(procedures: readonly RestProcedure[], { rest }: RestProcedure): RestProcedure | undefined {
  return procedures.find((other) => other.rest.method === 'GET' && shapeOf(other.rest.path) === shapeOf(rest.path))
}

/** A path without the names of its parameters: two paths of one shape are the same route. */
export function shapeOf(path: string): string {
  return path.replace(/\{\w+\}/g, '{}')
}

/** The feature of a procedure: what stands before its verb. */
export function featureOf(procedurePath: string): string {
  return procedurePath.split('.').slice(0, -1).join('.')
}

/** The names in braces in a REST path. */
export function pathParameters(path: string): string[] {
  return [...path.matchAll(/\{(\w+)\}/g)].flatMap(([, name]) => name ?? [])
}
