import { initTRPC } from '@trpc/server'
import type { Context } from './core/context.js'
import { borrowAs } from './core/database/pool.js'
import { toAppError } from './core/error-mapping.js'
import { type AppError, BadRequestError, ForbiddenError, isFailure, UnauthorizedError } from './core/errors.js'
import { recordProcedure } from './core/http/metrics.js'
import { formatTrpcError } from './core/http/trpc/errors.js'
import { transformer } from './core/http/trpc/transformer.js'
import { clientNetwork } from './core/security/client-address.js'
import { type LimitRule, limitKey } from './core/security/rate-limits.js'
import type { Role } from './features/users/schema.js'

export type Access = 'public' | 'user' | Exclude<Role, 'user'>

/** A procedure's place under `/api`. `{id}` in a path names a key of the input. */
export interface RestRoute {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  path: `/${string}`
  /** 200 if left out; 201 answers with `Location`, 204 without a body. */
  status?: 200 | 201 | 202 | 204
}

/** What a procedure declares beside its input and output. `access` is set by the builders below. */
export interface Meta {
  access?: Access
  rest?: RestRoute
  /** One line, for OpenAPI. */
  summary?: string
  /** What is charged for each call, before anything else; {@link defaultLimits} if left out. */
  limits?: readonly LimitRule[]
  /** Checks or sets a password: refused at once, and at no cost, while too many others do. */
  hashesPassword?: true
  /** Refuses to share an HTTP request with other calls. */
  refusesBatch?: true
  /** Signing in and out works with an access token that has expired. */
  overlooksCredential?: true
}

/** A safety net against runaway clients, counted in each instance for itself. */
export const defaultLimits: readonly LimitRule[] = [
  { name: 'default', by: 'actor', points: 30_000, windowSeconds: 60, store: 'local' },
]

/** Slows guessing at the password of a signed-in user, in all procedures together that ask for it. */
export const currentPasswordLimits: readonly LimitRule[] = [
  { name: 'current-password', by: 'actor', points: 10, windowSeconds: 900 },
]

// More often than the server closes connections on which nothing moves.
const sse = { ping: { enabled: true, intervalMs: 10_000 } }

const t = initTRPC
  .context<Context>()
  .meta<Meta>()
  .create({ transformer, isDev: false, errorFormatter: formatTrpcError, sse })

export const { router, createCallerFactory } = t

const observe = t.middleware(async ({ ctx, path, type, next }) => {
  const startedAt = performance.now()
  const [feature = path] = path.split('.')
  const network = clientNetwork(ctx.origin.ip)
  const result = await borrowAs({ purpose: 'request', feature, network }, () => next())
  const elapsedMs = performance.now() - startedAt
  const fields = { procedure: path, type, durationMs: Math.round(elapsedMs * 10) / 10 }
  const error = result.ok ? null : toAppError(result.error)
  recordProcedure(path, error?.code ?? 'OK', elapsedMs / 1000)
  if (error) logFailure(ctx, fields, error)
  else ctx.log.info(fields, 'procedure answered')
  return result
})

function logFailure({ log }: Context, fields: object, error: AppError): void {
  const outcome = { ...fields, code: error.code, status: error.status }
  if (isFailure(error)) log.error({ ...outcome, err: error.cause ?? error }, 'procedure failed')
  else log.warn(outcome, 'procedure refused')
}

// At no cost: who is known to be over a limit takes no place in a queue and no connection that others need.
const refuseExhausted = t.middleware(({ ctx, meta, next }) => {
  for (const rule of meta?.limits ?? defaultLimits) ctx.limits.refuseExhausted(rule, limitKey(rule, ctx))
  return next()
})

// Before anything is charged or written for a password that nobody has time to look at.
const admitPasswords = t.middleware(({ ctx, meta, next }) => {
  return meta?.hashesPassword ? ctx.passwords.admit(ctx.origin, () => next()) : next()
})

const chargeLimits = t.middleware(async ({ ctx, meta, next }) => {
  for (const rule of meta?.limits ?? defaultLimits) {
    ctx.limitReports.push(await ctx.limits.charge(rule, limitKey(rule, ctx)))
  }
  if (meta?.refusesBatch && ctx.batchSize > 1) {
    throw new BadRequestError({ message: 'This procedure is called alone, not in a batch.' })
  }
  return next()
})

const checkCredential = t.middleware(({ ctx, meta, next }) => {
  if (ctx.credentialFault && !meta?.overlooksCredential) throw ctx.credentialFault
  return next()
})

const requireActor = t.middleware(({ ctx, next }) => {
  if (!ctx.actor) throw new UnauthorizedError()
  return next({ ctx: { actor: ctx.actor } })
})

/**
 * Makes the middleware that lets in actors who have one of the roles now. The role is read from the database on each
 * call, past the cache that serves other procedures, so that a demoted or disabled admin is stopped at once.
 *
 * It throws UnauthorizedError if the session or the user has ended, ForbiddenError for any other role.
 */
function requireRole(...roles: readonly Role[]) {
  return t.middleware(async ({ ctx, next }) => {
    const actor = ctx.actor && (await ctx.services.sessions.readAfresh(ctx.actor))
    if (!actor) throw new UnauthorizedError()
    if (!roles.includes(actor.role)) throw new ForbiddenError()
    return next({ ctx: { actor } })
  })
}

// Whether or not the procedure takes one: what is sent is parsed after access and limits, and once.
const readInput = t.middleware(async ({ getRawInput, next }) => {
  await getRawInput()
  return next()
})

const procedure = t.procedure
  .use(observe)
  .use(refuseExhausted)
  .use(admitPasswords)
  .use(chargeLimits)
  .use(checkCredential)

/** Anyone may call it. */
export const publicProcedure = procedure.meta({ access: 'public' }).use(readInput)

/** A user with a living session may call it. */
export const protectedProcedure = procedure.meta({ access: 'user' }).use(requireActor).use(readInput)

/**
 * A user with a living session may call it, on own rows; an admin, on everybody's.
 *
 * @public also where no feature uses it yet
 */
export const ownerProcedure = procedure
  .meta({ access: 'user' })
  .use(requireActor)
  .use(({ ctx: { actor }, next }) => {
    return next({ ctx: { actor: actor.role === 'admin' ? { ...actor, reach: 'all' as const } : actor } })
  })
  .use(readInput)

/** An admin may call it. */
export const adminProcedure = procedure
  .meta({ access: 'admin' })
  .use(requireActor)
  .use(requireRole('admin'))
  .use(readInput)
