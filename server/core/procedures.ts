import { initTRPC, type TRPCError, type TRPCProcedureBuilder } from '@trpc/server'
import type { Role } from '../generated/enums.js'
import { type Actor, isSystem } from './actor.js'
import type { Context } from './context.js'
import { borrowAs } from './database/pool.js'
import { toAppError } from './error-mapping.js'
import {
  type AppError,
  BadRequestError,
  type ErrorCode,
  ForbiddenError,
  isFailure,
  UnauthorizedError,
} from './errors.js'
import { formatTrpcError } from './http/trpc/errors.js'
import { transformer } from './http/trpc/transformer.js'
import { recordProcedure } from './metrics.js'
import { chargeLimit, type Declared, limitsOf, refuseExhausted } from './procedure-limits.js'
import { admissions, type Meta, type RestRoute } from './procedure-meta.js'
import { clientNetwork } from './security/client-address.js'

// More often than the server closes inactive connections.
const sse = { ping: { enabled: true, intervalMs: 10_000 } }

/**
 * Creates the builders of procedures for an application whose contexts contain `Services`. Each call is logged and
 * counted, rejected if its limits are exhausted, charged, and rejected if its credential, scope or role is not sufficient,
 * in this order. Then the input is read.
 */
export function createProcedureBuilders<Services>() {
  const { t, admitting } = createBase<Services>()
  return {
    router: t.router,
    createCallerFactory: t.createCallerFactory,
    /** Anyone may call it. */
    publicProcedure: declaring(admitting(({ ctx }) => ctx.actor).meta({ access: 'public' })),
    /** A user with an active session may call it. */
    protectedProcedure: declaring(admitting(assertUser).meta({ access: 'user' })),
    /** A user with an active session may call it for own rows, and users with one of `roles` for all rows. */
    ownerProcedure: (...roles: readonly Role[]) =>
      declaring(admitting((call) => widenReach(assertActor(call), roles)).meta({ access: 'user' })),
    /** Users who currently have one of the roles may call it; see {@link readRole}. */
    requireRole: (first: Role, ...others: readonly Role[]) =>
      declaring(
        admitting((call) => readRole({ ...call.ctx, actor: assertActor(call) }, [first, ...others])).meta({
          access: first,
        }),
      ),
  }
}

// What all builders begin with: one middleware, because each one costs several promises and a copy of the context.
function createBase<Services>() {
  const t = initTRPC
    .context<Context<Services>>()
    .meta<Meta>()
    .create({ transformer, isDev: false, errorFormatter: formatTrpcError, sse })

  /** @param admit returns who calls, or throws if it may not */
  const admitting = <Caller extends Actor | null>(admit: (call: DeclaredCall) => Caller | Promise<Caller>) => {
    const procedure = t.procedure.use((call) =>
      observe(call, () => {
        refuseExhausted(call)
        return inPasswordQueue(call, async () => {
          for (const rule of limitsOf(call)) {
            const charging = chargeLimit(call, rule)
            // What is counted in this process needs no promise.
            if (charging) await charging
          }
          refuseBatch(call)
          checkCredential(call)
          const admitted = admit(call)
          const actor = admitted instanceof Promise ? await admitted : admitted
          // The input is parsed once, after access and limits were checked, even if the procedure does not use it.
          await call.getRawInput()
          // Each context that is passed on is copied.
          return call.next<{ actor: Caller }>(actor === call.ctx.actor ? {} : { ctx: { actor } })
        })
      }),
    )
    for (const middleware of procedure._def.middlewares) admissions.add(middleware)
    return procedure
  }
  return { t, admitting }
}

type Builder<Context, M, Overrides, InputIn, InputOut, OutputIn, OutputOut, Shape> = TRPCProcedureBuilder<
  Context,
  M,
  Overrides,
  InputIn,
  InputOut,
  OutputIn,
  OutputOut,
  false,
  Shape
>

/**
 * A builder whose procedures keep in their type with which codes they can fail, so that clients know them.
 *
 * @public because the declarations of the builders name it
 */
export interface DeclaringMeta<Context, Overrides, InputIn, InputOut, OutputIn, OutputOut, Shape> {
  /** Declares everything about the procedure besides its input and output; call it first. */
  meta<
    const Codes extends readonly ErrorCode[] = [],
    Idempotency extends Meta['idempotency'] = undefined,
    Path extends RestRoute['path'] = '/',
  >(
    meta: Omit<Meta, 'access'> & { errors?: Codes; idempotency?: Idempotency; rest?: RestRoute & { path: Path } },
  ): Builder<
    Context,
    Omit<Meta, 'errors' | 'idempotency' | 'rest'> & {
      errors?: Codes
      idempotency?: Idempotency
      rest?: { path: Path }
    },
    Overrides,
    InputIn,
    InputOut,
    OutputIn,
    OutputOut,
    Shape
  >
}

// Only the type of `meta` differs, which otherwise forgets what it was given.
function declaring<Context, Overrides, InputIn, InputOut, OutputIn, OutputOut, Shape>(
  builder: Builder<Context, Meta, Overrides, InputIn, InputOut, OutputIn, OutputOut, Shape>,
): Omit<typeof builder, 'meta'> & DeclaringMeta<Context, Overrides, InputIn, InputOut, OutputIn, OutputOut, Shape>
function declaring(builder: object): object {
  return builder
}

interface Call {
  ctx: Context
  path: string
  type: string
}

type Outcome = { ok: true } | { ok: false; error: TRPCError }

async function observe<Result extends Outcome>(call: Call, work: () => Promise<Result>): Promise<Result> {
  const startedAt = performance.now()
  const borrower = {
    purpose: 'request',
    feature: featureOf(call.path),
    network: clientNetwork(call.ctx.origin.ip),
  } as const
  try {
    const result = await borrowAs(borrower, work)
    record(call, startedAt, result.ok ? null : toAppError(result.error))
    return result
  } catch (refusal) {
    record(call, startedAt, toAppError(refusal))
    throw refusal
  }
}

function record(call: Call, startedAt: number, error: AppError | null): void {
  const { ctx, path } = call
  const elapsedMs = performance.now() - startedAt
  recordProcedure(path, error?.code ?? 'OK', elapsedMs / 1000)
  if (!error && ctx.called) ctx.called.push(path)
  else logOutcome(call, error, Math.round(elapsedMs * 10) / 10)
}

function featureOf(path: string): string {
  const end = path.indexOf('.')
  return end < 0 ? path : path.slice(0, end)
}

function logOutcome({ ctx: { log }, path, type }: Call, error: AppError | null, durationMs: number): void {
  const fields = { procedure: path, type, durationMs }
  if (!error) return log.info(fields, 'procedure succeeded')
  const outcome = { ...fields, code: error.code, status: error.status }
  if (isFailure(error)) log.error({ ...outcome, err: error.cause ?? error }, 'procedure failed')
  else log.warn(outcome, 'procedure rejected')
}

// Before the limits are charged, so that a request that the full queue rejects is not counted.
function inPasswordQueue<Result>({ ctx, meta }: Declared, work: () => Promise<Result>): Promise<Result> {
  return meta?.hashesPassword ? ctx.passwords.admit(ctx.origin, work) : work()
}

function refuseBatch({ ctx, meta }: Declared): void {
  if (meta?.refusesBatch && ctx.batchSize > 1) {
    throw new BadRequestError({ message: 'This procedure cannot be called in a batch.' })
  }
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
