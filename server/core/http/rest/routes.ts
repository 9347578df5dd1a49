import { type AnyTRPCRouter, callTRPCProcedure } from '@trpc/server'
import type { FastifyInstance, FastifyPluginAsync, FastifyReply } from 'fastify'
import type { Origin } from '../../actor.js'
import { type ContextSource, createContext, originOf } from '../../context.js'
import { idempotencyOf } from '../../idempotency/request.js'
import { defaultLimits } from '../../procedure-meta.js'
import { acceptOnlyJson } from '../body-parser.js'
import type { CallLimit } from '../call-limit.js'
import { signalOf, withinDeadline } from '../deadline.js'
import { readOnce } from '../json-input.js'
import { rateLimitHeaders } from '../rate-limit-headers.js'
import { type CookieConfig, refreshCookies } from '../refresh-cookie.js'
import { checkPreconditions, entityTagOf } from './conditions.js'
import { addVersion, createInputReader, createPathReader, type RestRequest } from './input.js'
import {
  isPage,
  listRestProcedures,
  locationOf,
  pathParameters,
  type RestProcedure,
  readerOf,
  shapeOf,
} from './procedures.js'
import { createReplyWriter, writeBody } from './reply.js'

type Source = ContextSource<unknown> & { config: CookieConfig; calls: CallLimit }

interface Transport {
  container: Source
  router: AnyTRPCRouter
  procedures: readonly RestProcedure[]
  /** The path under which the routes stand, as clients see it. */
  base: string
}

/**
 * Serves a router as REST: one Fastify route for each procedure that declares `meta.rest`, which calls the procedure
 * with the same context as tRPC. Register it in a separate scope; errors go to the error handler of the application.
 */
export function restTransport(router: AnyTRPCRouter, container: Source): FastifyPluginAsync {
  return async (app) => {
    acceptOnlyJson(app)
    const procedures = listRestProcedures(router)
    const base = new URL(container.config.http.publicUrl).pathname.replace(/\/$/, '') + app.prefix
    const transport = { container, router, procedures, base }
    for (const procedure of procedures) registerProcedure(app, transport, procedure)
    rejectOtherMethods(app, procedures)
  }
}

function registerProcedure(app: FastifyInstance, transport: Transport, procedure: RestProcedure): void {
  app.route<{ Params: Record<string, string>; Querystring: Record<string, unknown> }>({
    method: procedure.rest.method,
    url: toRouteUrl(procedure.rest.path),
    handler: createHandler(transport, procedure),
  })
}

// A method that a fixed path lacks, such as PUT of `/users/me`, must not reach the route of `/users/{id}`.
function rejectOtherMethods(app: FastifyInstance, procedures: readonly RestProcedure[]): void {
  for (const path of new Set(procedures.map(({ rest }) => rest.path))) {
    const own = procedures.filter(({ rest }) => shapeOf(rest.path) === shapeOf(path)).map(({ rest }) => rest.method)
    const passing = procedures.filter(({ rest }) => matches(rest.path, path)).map(({ rest }) => rest.method)
    const method = [...new Set(passing)].filter((each) => !own.includes(each))
    const config = { isRejected: true }
    if (method.length > 0)
      app.route({ method, url: toRouteUrl(path), config, handler: (_request, reply) => reply.callNotFound() })
  }
}

/** Whether a request for a path, as it is declared, would be taken by another route. */
function matches(route: string, path: string): boolean {
  const [segments, others] = [route.split('/'), path.split('/')]
  if (segments.length !== others.length) return false
  return segments.every((segment, index) => segment.startsWith('{') || segment === others[index])
}

function toRouteUrl(path: string): string {
  return path.replace(/\{(\w+)\}/g, ':$1')
}

function createHandler(transport: Transport, procedure: RestProcedure) {
  const { container, router, procedures, base } = transport
  const { path, type, meta } = procedure
  const readInput = createInputReader(procedure)
  const requireVersion = createPreconditions(transport, procedure)
  const target = locationOf(procedures, procedure)
  const location = target && base + target
  const cookieOf = refreshCookies(container.config)
  const writeReply = createReplyWriter(procedure, { publicUrl: container.config.http.publicUrl, location })
  const run = async (request: RestRequest, reply: FastifyReply, origin: Origin): Promise<unknown> => {
    const refreshCookie = cookieOf(request, reply)
    const idempotency = idempotencyOf(request, reply)
    const ctx = await createContext(container, request, { origin, refreshCookie, idempotency, batchSize: 1 })
    // The procedure reads its input after access and limits, so that 401 and 429 come before 400 and 412.
    const getRawInput = readOnce(() => {
      const input = readInput(request)
      return requireVersion ? requireVersion(request, ctx).then((version) => addVersion(input, version)) : input
    })
    const signal = meta.usesSignal && signalOf(reply)
    try {
      return await callTRPCProcedure({ router, path, type, ctx, getRawInput, signal, batchIndex: 0 })
    } finally {
      reply.headers(rateLimitHeaders(ctx.limitReports, meta.limits ?? defaultLimits))
    }
  }
  return async (request: RestRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const origin = originOf(request)
    const work = () => withinDeadline(run(request, reply, origin))
    const output = await container.calls.run(origin.ip, 1, work)
    return writeReply(output, request, reply)
  }
}

type RequireVersion = (request: RestRequest, ctx: object) => Promise<number | undefined>

/** Creates the function that evaluates the preconditions of a change, by what the GET route of its URL returns; reads have none. */
function createPreconditions({ router, procedures }: Transport, procedure: RestProcedure): RequireVersion | undefined {
  if (procedure.rest.method === 'GET') return undefined
  const takesVersion = procedure.input !== undefined && 'version' in procedure.input.shape
  const reader = readerOf(procedures, procedure)
  const readPath = reader && createPathReader(reader)
  const names = pathParameters(procedure.rest.path)
  return ({ headers, params }, ctx) =>
    checkPreconditions(headers, {
      takesVersion,
      async readCurrent() {
        if (!reader || !readPath) return null
        if (isPage(reader.output)) return {}
        const named = pathParameters(reader.rest.path).map((name, index) => [name, params[names[index] ?? ''] ?? ''])
        const getRawInput = async () => readPath(Object.fromEntries(named))
        const { path, type } = reader
        const output = await callTRPCProcedure({
          router,
          path,
          type,
          ctx,
          getRawInput,
          signal: undefined,
          batchIndex: 0,
        })
        return { tag: entityTagOf(output, writeBody(output)) }
      },
    })
}
