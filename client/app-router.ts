import type {
  inferRouterInputs,
  inferRouterOutputs,
  TRPCBuiltRouter,
  TRPCMutationProcedure,
  TRPCQueryProcedure,
} from '@trpc/server'
import type { AppRouter as ServerRouter } from '../server/router.js'

/**
 * The type of the router for clients: paths, inputs, outputs and errors. Nothing loads this file at run time.
 *
 * The compiler expands the type of an inferred constant, but writes an alias as a reference. The declaration of this
 * constant therefore refers to nothing of the server, neither its context with Prisma and Fastify nor a schema.
 *
 * @public
 */
export const appRouter = publish<ServerRouter>()

export type AppRouter = typeof appRouter

/** The inputs of procedures: `Inputs['posts']['create']`. */
export type Inputs = inferRouterInputs<AppRouter>

/** The outputs of procedures: `Outputs['posts']['get']`. */
export type Outputs = inferRouterOutputs<AppRouter>

declare function publish<
  Router extends ServerRouter,
  Nouns = Router['_def']['record'],
  Shape extends ErrorShape = Router['_def']['_config']['$types']['errorShape'],
>(): TRPCBuiltRouter<
  {
    ctx: object
    meta: object
    transformer: true
    errorShape: {
      message: string
      code: Shape['code']
      data: {
        code: Shape['data']['code']
        httpStatus: number
        path: string | undefined
        error: {
          code: Shape['data']['error']['code']
          message: string
          details?: { path: string; message: string; code: string }[]
          requestId: string
        }
        retryAfterSeconds?: number
      }
    }
  },
  {
    [Noun in keyof Nouns]: {
      [Verb in keyof Nouns[Noun]]: Nouns[Noun][Verb] extends { _def: { type: infer Kind; $types: infer Types } }
        ? Types extends { input: infer Input; output: infer Output }
          ? Kind extends 'query'
            ? TRPCQueryProcedure<{ meta: unknown; input: Input; output: Output }>
            : TRPCMutationProcedure<{ meta: unknown; input: Input; output: Output }>
          : never
        : never
    }
  }
>

type ErrorShape = ServerRouter['_def']['_config']['$types']['errorShape']
