import { isSystem } from './actor.js'
import type { Context } from './context.js'
import { RateLimitedError } from './errors.js'
import { countRateLimited } from './metrics.js'
import { defaultLimits, type Meta } from './procedure-meta.js'
import { type LimitRule, limitKey } from './security/rate-limits.js'

/** A call, with what its procedure declares. */
export interface Declared {
  ctx: Context
  meta: Meta | undefined
}

/**
 * Rejects a caller whose limit is known to be exhausted, from memory: it uses no place in a queue and no database
 * connection.
 *
 * @throws RateLimitedError
 */
export function refuseExhausted({ ctx, meta }: Declared): void {
  for (const rule of limitsOf({ ctx, meta })) {
    try {
      ctx.limits.refuseExhausted(rule, limitKey(rule, ctx))
    } catch (error) {
      throw refused(ctx, rule, error)
    }
  }
}

/**
 * Charges a limit, and reports its state to the client.
 *
 * @returns a promise for a limit that instances share
 * @throws RateLimitedError, or rejects with it
 */
export function chargeLimit({ ctx }: Declared, rule: LimitRule): Promise<unknown> | undefined {
  try {
    const charged = ctx.limits.charge(rule, limitKey(rule, ctx))
    if (!(charged instanceof Promise)) return void ctx.limitReports.push(charged)
    return charged.then(
      (report) => ctx.limitReports.push(report),
      (error) => {
        throw refused(ctx, rule, error)
      },
    )
  } catch (error) {
    throw refused(ctx, rule, error)
  }
}

// The response names the limit that is exhausted, too.
function refused(ctx: Context, { name, points: limit }: LimitRule, error: unknown): unknown {
  if (error instanceof RateLimitedError) {
    countRateLimited(name)
    ctx.limitReports.push({ name, limit, remaining: 0, resetSeconds: error.retryAfterSeconds ?? 1 })
  }
  return error
}

/** The limits of a call. They protect the system from its clients, and not from itself. */
export function limitsOf({ ctx: { actor }, meta }: Declared): readonly LimitRule[] {
  return actor && isSystem(actor) ? [] : (meta?.limits ?? defaultLimits)
}
