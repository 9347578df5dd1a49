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
import type { Container } from '../container.js'
import { type Context, createContext } from '../context.js'
import { toAppError } from '../error-mapping.js'
import { errorTable } from '../errors.js'
import { acceptOnlyJson, createJsonReader, type ReadText } from './body-parser.js'
import { beginErrorReply } from './errors.js'
import { retryAfterHeaders } from './rate-limit-headers.js'
import { createRefreshCookie } from './refresh-cookie.js'
import { refuseFields } from './rest-input.js'
import { type Call, type Calls, createInputsReader, maxBatchSize, readCalls, type TrpcRequest } from './trpc-calls.js'

interface Face {
  container: Container
  router: AnyTRPCRouter
  readJson: ReadText
}

/**
 * Serves a router over tRPC's HTTP protocol. Calls in JSON are answered here, without the Fetch objects and streams
 * that tRPC's own adapter builds for each; streamed answers and subscriptions go through that adapter. Mount it in a
 * scope of its own: it sets the parsers and the error handler of its scope.
 */
export function trpcFace(router: AnyTRPCRouter, container: Container): FastifyPluginAsync {
  return async (app) => {
    const face = { container, router, readJson: createJsonReader(app) }
    acceptOnlyJson(app, (_request, text) => text)
    app.setErrorHandler((thrown, request, reply) => answerError(router, thrown, request, reply))
    // A wildcard is not bound by Fastify's limit on the length of a parameter, which a batch would soon reach.
    app.route<{ Params: { '*': string }; Querystring: Record<string, unknown> }>({
      method: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
      url: '/*',
      handler: (request, reply) => answer(face, request, reply),
    })
  }
}

async function answer(face: Face, request: TrpcRequest, reply: FastifyReply): Promise<FastifyReply> {
  if (request.method === 'HEAD') return reply.code(204).send()
  const { container, router } = face
  const calls = readCalls(router, request)
  const readInputs = createInputsReader(router, face.readJson, request, calls)
  if (wantsStream(request, calls)) {
    readInputs()
    return answerAsStream(face, request, reply)
  }
  const ctx = await createContext(container, request, {
    refreshCookie: createRefreshCookie(request, reply, container.config),
    batchSize: calls.list.length,
  })
  const run = createRunner({ router, ctx, request, reply, readInputs })
  const outcomes = await Promise.all(calls.list.map(run))
  const responses = outcomes.map(({ response }) => response)
  reply.headers(retryAfterHeaders(outcomes.flatMap(({ error }) => (error ? [toAppError(error)] : []))))
  const body = calls.isBatch ? responses : responses[0]
  return reply.code(getHTTPStatusCode(responses)).send(body && transformTRPCResponse(router._def._config, body))
}

interface Run {
  router: AnyTRPCRouter
  ctx: Context
  request: TrpcRequest
  reply: FastifyReply
  readInputs: () => readonly unknown[]
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
  const { type } = procedure._def
  const method = type === 'mutation' ? 'POST' : 'GET'
  if (request.method !== method) {
    reply.header('allow', method)
    throw new TRPCError({ code: 'METHOD_NOT_SUPPORTED' })
  }
  // As on REST: a procedure asks for its input after access and limits; one that takes none never asks.
  const getRawInput = async () => readInputs()[index]
  if (procedure._def.inputs.length === 0) refuseFields(await getRawInput())
  return callTRPCProcedure({ router, path, type, ctx, getRawInput, signal: request.signal, batchIndex: index })
}

function wantsStream({ headers }: TrpcRequest, { list }: Calls): boolean {
  const accept = headers['trpc-accept'] ?? headers.accept ?? ''
  return /(^|,)\s*application\/jsonl\s*(,|$)/.test(String(accept)) || list.some(isSubscription)
}

function isSubscription({ procedure }: Call): boolean {
  return procedure?._def.type === 'subscription'
}

async function answerAsStream(face: Face, request: TrpcRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { container, router } = face
  const refreshCookie = createRefreshCookie(request, reply, container.config)
  await fastifyRequestHandler({
    router,
    req: request,
    res: reply,
    path: request.params['*'],
    maxBatchSize,
    createContext: ({ info }) => createContext(container, request, { refreshCookie, batchSize: info.calls.length }),
  })
  return reply
}

// What fails before a procedure is reached, in the shape that tRPC's clients read.
function answerError(router: AnyTRPCRouter, thrown: unknown, request: FastifyRequest, reply: FastifyReply) {
  const appError = beginErrorReply(thrown, request, reply)
  const { _config: config } = router._def
  const error = new TRPCError({ code: errorTable[appError.code].trpc, cause: appError })
  const ctx = { origin: { requestId: request.id }, limitReports: [] }
  const shape = getTRPCErrorShape({ config, error, type: 'unknown', path: undefined, input: undefined, ctx })
  return reply.type('application/json; charset=utf-8').send(transformTRPCResponse(config, { error: shape }))
}
