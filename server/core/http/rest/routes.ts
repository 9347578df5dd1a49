import { type AnyTRPCRouter, callTRPCProcedure } from '@trpc/server'
import type { FastifyInstance, FastifyPluginAsync, FastifyReply } from 'fastify'
import { type ContextSource, createContext } from '../../context.js'
import { MethodNotAllowedError } from '../../errors.js'
import { defaultLimits } from '../../procedure-meta.js'
import { acceptOnlyJson } from '../body-parser.js'
import { withinDeadline } from '../deadline.js'
import { readOnce } from '../json-input.js'
import { rateLimitHeaders } from '../rate-limit-headers.js'
import { type CookieConfig, createRefreshCookie } from '../refresh-cookie.js'
import { createInputReader, type RestRequest } from './input.js'
import { listRestProcedures, type RestProcedure } from './procedures.js'
import { createReplyWriter } from './reply.js'

type Source = ContextSource<unknown> & { config: CookieConfig }

interface Transport {
  container: Source
  router: AnyTRPCRouter
}

/**
 * Serves a router as REST: one native route for each procedure that declares `meta.rest`, which calls the procedure
 * with the same context as tRPC does. Mount it in a scope of its own; errors go to the application's error handler.
 */
export function restTransport(router: AnyTRPCRouter, container: Source): FastifyPluginAsync {
  return async (app) => {
    acceptOnlyJson(app)
    const procedures = listRestProcedures(router)
    for (const procedure of procedures) registerProcedure(app, { container, router }, procedure)
    registerOtherMethods(app, procedures)
  }
}

function registerProcedure(app: FastifyInstance, transport: Transport, procedure: RestProcedure): void {
  app.route<{ Params: Record<string, string>; Querystring: Record<string, unknown> }>({
    method: procedure.rest.method,
    url: toRouteUrl(procedure.rest.path),
    handler: createHandler(transport, procedure),
  })
}

function createHandler({ container, router }: Transport, procedure: RestProcedure) {
  const { path, type, meta } = procedure
  const { http } = container.config
  const readInput = createInputReader(procedure)
  const writeReply = createReplyWriter(procedure, http.publicUrl)
  const run = async (request: RestRequest, reply: FastifyReply, signal: AbortSignal): Promise<unknown> => {
    const refreshCookie = createRefreshCookie(request, reply, container.config)
    const ctx = await createContext(container, request, { refreshCookie, batchSize: 1 })
    // The procedure reads its input after access and limits, so that 401 and 429 come before 400.
    const getRawInput = readOnce(() => readInput(request))
    const call = { router, path, type, ctx, getRawInput, signal, batchIndex: 0 }
    return callTRPCProcedure(call).finally(() => {
      reply.headers(rateLimitHeaders(ctx.limitReports, meta.limits ?? defaultLimits))
    })
  }
  return async (request: RestRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const output = await withinDeadline(reply, (signal) => run(request, reply, signal))
    return writeReply(output, request, reply)
  }
}

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

// CORS handles OPTIONS, and Fastify handles HEAD for every GET route.
function registerOtherMethods(app: FastifyInstance, procedures: readonly RestProcedure[]): void {
  for (const [url, taken] of methodsByUrl(procedures)) {
    const others = methods.filter((method) => !taken.has(method))
    const refuse = async (_request: unknown, reply: FastifyReply): Promise<never> => {
      reply.header('allow', [...taken].flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])).join(', '))
      throw new MethodNotAllowedError()
    }
    // Rejected before the body is read.
    if (others.length > 0) app.route({ method: others, url, onRequest: refuse, handler: refuse })
  }
}

// Two routes that differ only in the name of a parameter have one URL, which is that of the first.
function methodsByUrl(procedures: readonly RestProcedure[]): [string, Set<string>][] {
  const found = new Map<string, [string, Set<string>]>()
  for (const { rest } of procedures) {
    const shape = rest.path.replace(/\{\w+\}/g, '{}')
    const entry = found.get(shape) ?? [toRouteUrl(rest.path), new Set()]
    entry[1].add(rest.method)
    found.set(shape, entry)
  }
  return [...found.values()]
}

function toRouteUrl(path: string): string {
  return path.replace(/\{(\w+)\}/g, ':$1')
}
