import type { AnyTRPCProcedure, AnyTRPCRouter } from '@trpc/server'
import { z } from 'zod'
import type { Meta, RestRoute } from '../../procedure-meta.js'

/** The declarations of a procedure, read from the router. */
export interface ProcedureEntry {
  /** Its dotted name, such as `posts.create`. */
  path: string
  type: 'query' | 'mutation' | 'subscription'
  meta: Meta
  inputs: readonly unknown[]
  output: unknown
}

/** A procedure with a route under `/api`. */
export interface RestProcedure {
  path: string
  type: ProcedureEntry['type']
  meta: Meta
  rest: RestRoute
  input: z.ZodObject | undefined
  output: unknown
}

/** Lists the procedures of a router in their order of declaration. */
export function listProcedures(router: AnyTRPCRouter): ProcedureEntry[] {
  const procedures: Record<string, AnyTRPCProcedure> = router._def.procedures
  return Object.entries(procedures).map(([path, { _def: def }]) => ({
    path,
    type: def.type,
    meta: def.meta ?? {},
    inputs: def.inputs,
    output: 'output' in def ? def.output : undefined,
  }))
}

/** Lists the procedures that declare a REST route. */
export function listRestProcedures(router: AnyTRPCRouter): RestProcedure[] {
  return listProcedures(router).flatMap(({ inputs, ...entry }) => {
    const input = inputs.find((schema) => schema instanceof z.ZodObject)
    return entry.meta.rest ? [{ ...entry, rest: entry.meta.rest, input }] : []
  })
}

/** The names in braces in a REST path. */
export function pathParameters(path: string): string[] {
  return [...path.matchAll(/\{(\w+)\}/g)].flatMap(([, name]) => name ?? [])
}
