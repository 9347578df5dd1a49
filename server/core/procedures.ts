import { initTRPC, type TRPCError } from '@trpc/server'
import type { Role } from '../generated/enums.js'
import { type Actor, isSystem } from './actor.js'
import type { Context } from './context.js'
import { borrowAs } from './database/pool.js'
import { toAppError } from './error-mapping.js'
import { type AppError, BadRequestError, ForbiddenError, isFailure, UnauthorizedError } from './errors.js'
import { recordProcedure } from './http/metrics-registry.js'
import { formatTrpcError } from './http/trpc/errors.js'
import { transformer } from './http/trpc/transformer.js'
import { defaultLimits, type Meta } from './procedure-meta.js'
import { clientNetwork } from './security/client-address.js'
import { type LimitRule, limitKey } from './security/rate-limits.js'

// More often than the server closes inactive connections.
const sse = { ping: { enabled: true, intervalMs: 10_000 } }

/**
 * Creates the builders of procedures for an application whose contexts contain `Services`. Each call is logged and
 * counted, rejected if its limits are exhausted, charged, and rejected if its credential, scope or role is not sufficient,
 * in this order. Then the input is read.
 */
export function createProcedureBuilders<Services>() {
  const t = initTRPC
    .context<Context<Services>>()
    .meta<Meta>()
    .create({ transformer, isDev: false, errorFormatter: formatTrpcError, sse })
  const procedure = t.procedure
    .use((call) => observe(call))
    .use((call) => {
      refuseExhausted(call)
      return call.next()
    })
    .use(({ next, ctx, meta }) => (meta?.hashesPassword ? ctx.passwords.admit(ctx.origin, () => next()) : next()))
    .use(async (call) => {
      await chargeLimits(call)
      checkCredential(call)
      return call.next()
    })
  // The input is parsed once, after access and limits were checked, even if the procedure does not use it.
  const readInput = t.middleware(async ({ getRawInput, next }) => {
    await getRawInput()
    return next()
  })
  const forUsers = procedure.use((call) => call.next({ ctx: { actor: assertUser(call) } }))
  const forActors = procedure.use((call) => call.next({ ctx: { actor: assertActor(call) } }))
  return {
    router: t.router,
    createCallerFactory: t.createCallerFactory,
    /** Anyone may call it. */
    publicProcedure: procedure.meta({ access: 'public' }).use(readInput),
    /** A user with an active session may call it. */
    protectedProcedure: forUsers.meta({ access: 'user' }).use(readInput),
    /** A user with an active session may call it for own rows, and users with one of `roles` for all rows. */
    ownerProcedure: (...roles: readonly Role[]) =>
      forActors
        .meta({ access: 'user' })
        .use(({ ctx: { actor }, next }) => next({ ctx: { actor: widenReach(actor, roles) } }))
        .use(readInput),
    /** Users who currently have one of the roles may call it; see {@link readRole}. */
    requireRole: (first: Role, ...others: readonly Role[]) =>
      forActors
        .meta({ access: first })
        .use(async ({ ctx, next }) => next({ ctx: { actor: await readRole(ctx, [first, ...others]) } }))
        .use(readInput),
  }
}

interface Call<Result> {
  ctx: Context
  path: string
  type: string
  next(): Promise<Result>
}

type Outcome = { ok: true } | { ok: false; error: TRPCError }

async function observe<Result extends Outcome>({ ctx, path, type, next }: Call<Result>): Promise<Result> {
  const startedAt = performance.now()
  const [feature = path] = path.split('.')
  const network = clientNetwork(ctx.origin.ip)
  const result = await borrowAs({ purpose: 'request', feature, network }, () => next())
  const elapsedMs = performance.now() - startedAt
  const fields = { procedure: path, type, durationMs: Math.round(elapsedMs * 10) / 10 }
  const error = result.ok ? null : toAppError(result.error)
  recordProcedure(path, error?.code ?? 'OK', elapsedMs / 1000)
  if (error) logFailure(ctx, fields, error)
  else ctx.log.info(fields, 'procedure succeeded')
  return result
}

function logFailure({ log }: Context, fields: object, error: AppError): void {
  const outcome = { ...fields, code: error.code, status: error.status }
  if (isFailure(error)) log.error({ ...outcome, err: error.cause ?? error }, 'procedure failed')
  else log.warn(outcome, 'procedure rejected')
}

interface Declared {
  ctx: Context
  meta: Meta | undefined
}

// From memory: a caller whose limit is known to be exhausted uses no place in a queue and no database connection.
function refuseExhausted({ ctx, meta }: Declared): void {
  for (const rule of limitsOf({ ctx, meta })) ctx.limits.refuseExhausted(rule, limitKey(rule, ctx))
}

async function chargeLimits({ ctx, meta }: Declared): Promise<void> {
  for (const rule of limitsOf({ ctx, meta })) {
    ctx.limitReports.push(await ctx.limits.charge(rule, limitKey(rule, ctx)))
  }
  if (meta?.refusesBatch && ctx.batchSize > 1) {
    throw new BadRequestError({ message: 'This procedure cannot be called in a batch.' })
  }
}

// Limits protect the system from its clients, and not from itself.
function limitsOf({ ctx: { actor }, meta }: Declared): readonly LimitRule[] {
  return actor && isSystem(actor) ? [] : (meta?.limits ?? defaultLimits)
}

function checkCredential({ ctx, meta }: Declared): void {
  if (ctx.credentialFault && !meta?.overlooksCredential) throw ctx.credentialFault
  if (ctx.actor?.apiKey) checkScope(ctx.actor.apiKey.scopes, meta?.scope)
}

// Also for public procedures, so that a key never does more than its scopes say.
function checkScope(scopes: readonly string[], scope: string | undefined): void {
  if (scope === undefined) throw new ForbiddenError({ message: 'API keys cannot be used for this operation.' })
  if (!scopes.includes(scope)) {
    throw new ForbiddenError({ message: `The API key does not have the scope "${scope}".` })
  }
}

interface DeclaredCall extends Declared {
  path: string
}

function assertActor({ ctx, meta, path: procedure }: DeclaredCall): Actor {
  const { actor, batchSize } = ctx
  if (!actor) throw new UnauthorizedError()
  return meta?.idempotency === 'kept' ? { ...actor, idempotency: { ...ctx.idempotency, procedure, batchSize } } : actor
}

// The procedure concerns the caller's own account or rows, which the system does not have.
function assertUser(call: DeclaredCall): Actor {
  const actor = assertActor(call)
  if (isSystem(actor)) throw new ForbiddenError({ message: 'This procedure acts for a user. Call it as a user.' })
  return actor
}

function widenReach(actor: Actor, roles: readonly Role[]): Actor {
  return roles.includes(actor.role) ? { ...actor, reach: 'all' } : actor
}

// Read from the database on each call, without the cache that other procedures use, so that a demoted or disabled admin
// loses access immediately.
async function readRole(
  { actor, authenticator }: { actor: Actor; authenticator: Context['authenticator'] },
  roles: readonly Role[],
): Promise<Actor> {
  const current = await authenticator.readAfresh(actor)
  if (!current) throw new UnauthorizedError()
  if (!roles.includes(current.role)) throw new ForbiddenError()
  return current
}
