import {
  type AnyTRPCRouter,
  callTRPCProcedure,
  getTRPCErrorFromUnknown,
  getTRPCErrorShape,
  TRPCError,
  transformTRPCResponse,
} from '@trpc/server'
import { fastifyRequestHandler } from '@trpc/server/adapters/fastify'
import { getHTTPStatusCode } from '@trpc/server/http'
import type { TRPCResponse } from '@trpc/server/rpc'
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import type { Origin } from '../../actor.js'
import { type Context, type ContextSource, createContext, originOf } from '../../context.js'
import { toAppError } from '../../error-mapping.js'
import { BadRequestError, errorTable } from '../../errors.js'
import { idempotencyOf, unrepeated } from '../../idempotency/request.js'
import { isRecord } from '../../unknown-values.js'
import { acceptOnlyJson } from '../body-parser.js'
import type { CallLimit } from '../call-limit.js'
import { signalOf, withinDeadline } from '../deadline.js'
import { beginErrorReply } from '../errors.js'
import { retryAfterHeaders } from '../rate-limit-headers.js'
import { type CookieConfig, refreshCookies } from '../refresh-cookie.js'
import { refuseFields } from '../rest/input.js'
import { type Call, type Calls, createInputsReader, maxBatchSize, readCalls, type TrpcRequest } from './calls.js'

type Source = ContextSource<unknown> & { config: CookieConfig; calls: CallLimit }

interface Transport {
  container: Source
  router: AnyTRPCRouter
  cookieOf: ReturnType<typeof refreshCookies>
}

/**
 * Serves a router over tRPC's HTTP protocol. It responds without the Fetch objects and streams that tRPC's own adapter
 * creates for each request; only subscriptions use that adapter. Streamed responses (`application/jsonl`) are rejected.
 * Register it in a separate scope, because it sets the parsers and the error handler of its scope.
 */
export function trpcTransport(router: AnyTRPCRouter, container: Source): FastifyPluginAsync {
  return async (app) => {
    const transport = { container, router, cookieOf: refreshCookies(container.config) }
    acceptOnlyJson(app)
    app.setErrorHandler((thrown, request, reply) => answerError(router, thrown, request, reply))
    // Fastify's limit on the length of a parameter, which a batch can exceed, does not apply to a wildcard.
    app.route<{ Params: { '*': string }; Querystring: Record<string, unknown> }>({
      method: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
      url: '/*',
      handler: (request, reply) => answer(transport, request, reply),
    })
  }
}

async function answer(transport: Transport, request: TrpcRequest, reply: FastifyReply): Promise<FastifyReply> {
  if (request.method === 'HEAD') return reply.code(204).send()
  refuseStreams(request)
  const calls = readCalls(transport.router, request)
  if (calls.list.some(isSubscription)) return answerSubscription(transport, request, reply)
  const origin = originOf(request)
  const work = () => withinDeadline(runCalls(transport, { request, reply, calls, origin }))
  const outcomes = await transport.container.calls.run(origin.ip, calls.list.length, work)
  const responses = outcomes.map(({ response }) => response)
  reply.headers(retryAfterHeaders(outcomes.flatMap(({ error }) => (error ? [toAppError(error)] : []))))
  const body = calls.isBatch ? responses : responses[0]
  return reply
    .code(getHTTPStatusCode(responses))
    .send(body && transformTRPCResponse(transport.router._def._config, body))
}

// The status and the cookies of such a response would be sent before its procedures have run.
function refuseStreams({ headers }: TrpcRequest): void {
  const accept = String(headers['trpc-accept'] ?? headers.accept ?? '')
  if (!accept.split(',').some((type) => type.trim() === 'application/jsonl')) return
  throw new BadRequestError({
    message: 'Streaming responses are not supported. Use httpBatchLink instead of httpBatchStreamLink.',
  })
}

interface Exchange {
  request: TrpcRequest
  reply: FastifyReply
  calls: Calls
  origin: Origin
}

async function runCalls({ container, router, cookieOf }: Transport, exchange: Exchange): Promise<Outcome[]> {
  const { request, reply, calls, origin } = exchange
  const ctx = await createContext(container, request, {
    origin,
    refreshCookie: cookieOf(request, reply),
    idempotency: idempotencyOf(request, reply),
    batchSize: calls.list.length,
  })
  const run = createRunner({ ...exchange, router, ctx, readInputs: createInputsReader(router, request, calls) })
  return Promise.all(calls.list.map(run))
}

interface Run extends Exchange {
  router: AnyTRPCRouter
  ctx: Context
  readInputs: () => Promise<readonly unknown[]>
}

interface Outcome {
  response: TRPCResponse
  error?: TRPCError
}

function createRunner(run: Run): (call: Call) => Promise<Outcome> {
  const { router, ctx } = run
  return async (call) => {
    const { path, procedure } = call
    try {
      return { response: { result: { data: await runCall(run, call) } } }
    } catch (cause) {
      const error = getTRPCErrorFromUnknown(cause)
      const type = procedure?._def.type ?? 'unknown'
      const shape = getTRPCErrorShape({ config: router._def._config, error, type, path, input: undefined, ctx })
      return { response: { error: shape }, error }
    }
  }
}

async function runCall({ router, ctx, request, reply, readInputs }: Run, call: Call): Promise<unknown> {
  const { path, procedure, index } = call
  if (!procedure) throw new TRPCError({ code: 'NOT_FOUND' })
  const { type, inputs, meta } = procedure._def
  const method = type === 'mutation' ? 'POST' : 'GET'
  if (request.method !== method) {
    reply.header('allow', method)
    throw new TRPCError({ code: 'METHOD_NOT_SUPPORTED' })
  }
  const getRawInput = async () => {
    const input = (await readInputs())[index]
    if (inputs.length === 0) refuseFields(input)
    return input
  }
  const signal = usesSignal(meta) ? signalOf(reply) : undefined
  return callTRPCProcedure({ router, path, type, ctx, getRawInput, signal, batchIndex: index })
}

function usesSignal(meta: unknown): boolean {
  return isRecord(meta) && meta.usesSignal === true
}

function isSubscription({ procedure }: Call): boolean {
  return procedure?._def.type === 'subscription'
}

async function answerSubscription(
  transport: Transport,
  request: TrpcRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { container, router, cookieOf } = transport
  const refreshCookie = cookieOf(request, reply)
  const origin = originOf(request)
  await fastifyRequestHandler({
    router,
    req: request,
    res: reply,
    path: request.params['*'],
    maxBatchSize,
    createContext: ({ info }) =>
      createContext(container, request, {
        origin,
        refreshCookie,
        idempotency: unrepeated,
        batchSize: info.calls.length,
      }),
    // The adapter sets the header again.
    responseMeta: () => ({ headers: new Headers({ vary: 'Origin' }) }),
  })
  return reply
}

// Errors before a procedure is called, in the format that tRPC clients expect.
function answerError(router: AnyTRPCRouter, thrown: unknown, request: FastifyRequest, reply: FastifyReply) {
  const appError = beginErrorReply(thrown, request, reply)
  const { _config: config } = router._def
  const error = new TRPCError({ code: errorTable[appError.code].trpc, cause: appError })
  const ctx = { origin: { requestId: request.id }, limitReports: [] }
  const shape = getTRPCErrorShape({ config, error, type: 'unknown', path: undefined, input: undefined, ctx })
  return reply.type('application/json; charset=utf-8').send(transformTRPCResponse(config, { error: shape }))
}
