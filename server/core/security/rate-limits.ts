import type { RateLimiterRes } from 'rate-limiter-flexible'
import type { Actor, Origin } from '../actor.js'
import type { ConnectionPool } from '../database/pool.js'
import type { Logger } from '../logger.js'
import { createTally } from '../tally.js'
import { clientNetwork } from './client-address.js'
import { createExhaustedKeys, rateLimited } from './exhausted-keys.js'
import { takePoint } from './rate-limit-counter.js'
import type { RedisOptions } from './rate-limit-redis.js'
import { type Counter, createRateLimitStore, type RateLimitStore } from './rate-limit-store.js'
import { createWindows } from './rate-limit-windows.js'

/** A limit that a procedure declares. */
export interface LimitRule {
  /** The name of the counter. Procedures share it by declaring the same object. Names of services contain a slash. */
  name: string
  /** `address`: the client's IP (IPv6 by /64). `actor`: the user or the API key, or the address of an anonymous caller. */
  by: 'address' | 'actor'
  points: number
  windowSeconds: number
  /** `shared` (the default) counts for all instances together, `local` for each instance separately. */
  store?: 'shared' | 'local'
}

/** The state of a limit after a charge. */
export interface LimitReport {
  name: string
  limit: number
  remaining: number
  resetSeconds: number
}

export interface RateLimits {
  /**
   * Only checks the memory of this process; call it before {@link charge}.
   * @throws RateLimitedError with `retryAfterSeconds` if the key was rejected recently
   */
  refuseExhausted(rule: LimitRule, key: string): void

  /**
   * Takes one point, without a promise if the limit is counted in this process.
   * @throws RateLimitedError with `retryAfterSeconds` if none is left
   */
  charge(rule: LimitRule, key: string): LimitReport | Promise<LimitReport>
}

interface RateLimitsOptions {
  pool: ConnectionPool
  redis: RedisOptions | undefined
  log: Logger
  /** How long a charge waits for the store, in milliseconds. */
  deadlineMs?: number | undefined
}

/**
 * Counts the limits of procedures, in Redis if it is configured, otherwise in PostgreSQL. It uses the clock of the
 * machine, because no clock can be injected into the store. `store` is for other counters in the same store.
 */
export function createRateLimits(options: RateLimitsOptions) {
  const store = createRateLimitStore(options)
  const chargeStore = chargeShared(store)
  const chargeWindow = chargeLocal()
  const exhausted = createExhaustedKeys()
  return {
    store,
    refuseExhausted: (rule: LimitRule, key: string) => {
      if (rule.store !== 'local') exhausted.refuse(nameOf(rule, key))
    },
    charge(rule: LimitRule, key: string): LimitReport | Promise<LimitReport> {
      if (rule.store === 'local') return chargeWindow(rule, key)
      return chargeStore(rule, key).then(({ isRefused, state }) => {
        if (isRefused) throw exhausted.add(nameOf(rule, key), state.msBeforeNext)
        exhausted.forget(nameOf(rule, key))
        return describe(rule, state)
      })
    },
    close: () => store.close(),
  } satisfies RateLimits & Record<string, unknown>
}

/** The key by which a rule counts a request. */
export function limitKey(rule: LimitRule, { actor, origin }: { actor: Actor | null; origin: Origin }): string {
  if (rule.by === 'address' || !actor) return `address:${clientNetwork(origin.ip)}`
  return actor.apiKey ? `key:${actor.apiKey.id}` : `user:${actor.userId}`
}

type Charge = (rule: LimitRule, key: string) => ReturnType<typeof takePoint>

// A key has at most as many concurrent charges as its limit: the store would reject all others, and they would keep it
// from counting for other keys.
function chargeShared(store: RateLimitStore): Charge {
  const counterOf = remember<Counter>((rule) => store.counter(rule))
  const underWay = createTally()
  return async (rule, key) => {
    const name = nameOf(rule, key)
    if (underWay.of(name) >= rule.points) throw rateLimited(rule.windowSeconds * 1000)
    underWay.add(name, 1)
    try {
      return await store.run((pick) => takePoint(pick(counterOf(rule)), key))
    } finally {
      underWay.add(name, -1)
    }
  }
}

function nameOf({ name }: LimitRule, key: string): string {
  return `${name}:${key}`
}

function chargeLocal(): (rule: LimitRule, key: string) => LimitReport {
  const windowsOf = remember((rule) => createWindows(rule))
  return (rule, key) => {
    const { used, msBeforeNext } = windowsOf(rule).take(key)
    if (used > rule.points) throw rateLimited(msBeforeNext)
    return describe(rule, { remainingPoints: rule.points - used, msBeforeNext })
  }
}

function remember<T>(create: (rule: LimitRule) => T): (rule: LimitRule) => T {
  const counters = new Map<string, T>()
  return (rule) => {
    const known = counters.get(rule.name)
    if (known !== undefined) return known
    const counter = create(rule)
    counters.set(rule.name, counter)
    return counter
  }
}

type Remaining = Pick<RateLimiterRes, 'remainingPoints' | 'msBeforeNext'>

function describe(rule: LimitRule, { remainingPoints, msBeforeNext }: Remaining): LimitReport {
  return {
    name: rule.name,
    limit: rule.points,
    remaining: remainingPoints,
    resetSeconds: Math.max(0, Math.ceil(msBeforeNext / 1000)),
  }
}
