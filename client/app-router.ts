import type {
  inferRouterInputs,
  inferRouterOutputs,
  TRPC_ERROR_CODE_KEY,
  TRPC_ERROR_CODE_NUMBER,
  TRPCBuiltRouter,
  TRPCMutationProcedure,
  TRPCQueryProcedure,
} from '@trpc/server'
import type { ErrorsOf } from '../server/core/possible-errors.js'
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

/** The procedures that a client can call: `'posts.update'`. */
export type ProcedurePath = {
  [Noun in keyof Inputs]: `${Noun}.${Extract<keyof Inputs[Noun], string>}`
}[keyof Inputs]

/**
 * What a failed call returns. `Code` are the codes with which the procedure can fail, and `Field` the keys of its input.
 *
 * @public because the declaration of the router names it
 */
export interface ErrorShape<Code, Field> {
  message: string
  code: TRPC_ERROR_CODE_NUMBER
  data: {
    code: TRPC_ERROR_CODE_KEY
    httpStatus: number
    path: string | undefined
    error: {
      code: Code
      message: string
      details?: { path: PathIn<Field>; message: string; code: string }[]
      requestId: string
    }
    retryAfterSeconds?: number
  }
}

// An error in the whole input has an empty path, and one inside a field a path such as `items.0.title`.
type PathIn<Field> = Field extends string ? '' | Field | `${Field}.${string}` : never

interface Published<Input, Output, Code> {
  meta: unknown
  input: Input
  output: Output
  errorShape: ErrorShape<Code, keyof Input>
}

declare function publish<
  Router extends ServerRouter,
  Nouns = Router['_def']['record'],
  Code extends string = Router['_def']['_config']['$types']['errorShape']['data']['error']['code'],
>(): TRPCBuiltRouter<
  { ctx: object; meta: object; transformer: true; errorShape: ErrorShape<Code, string> },
  {
    [Noun in keyof Nouns]: {
      [Verb in keyof Nouns[Noun]]: Nouns[Noun][Verb] extends {
        _def: { type: infer Kind; $types: { input: infer Input; output: infer Output } }
        meta: infer Declared
      }
        ? { [Code in ErrorsOf<Declared, Input> & string]: Code } extends infer Codes
          ? Kind extends 'query'
            ? TRPCQueryProcedure<Published<Input, Output, Codes[keyof Codes]>>
            : TRPCMutationProcedure<Published<Input, Output, Codes[keyof Codes]>>
          : never
        : never
    }
  }
>
