import type { RateLimiterAbstract, RateLimiterRes } from 'rate-limiter-flexible'
import type { Actor, Origin } from '../actor.js'
import type { ConnectionPool } from '../database/pool.js'
import type { Logger } from '../logger.js'
import { clientNetwork } from './client-address.js'
import { createExhaustedKeys, rateLimited } from './exhausted-keys.js'
import { createLocalCounter, takePoint } from './rate-limit-counter.js'
import type { RedisOptions } from './rate-limit-redis.js'
import { type Counter, createRateLimitStore, type RateLimitStore } from './rate-limit-store.js'

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
   * Takes one point.
   * @throws RateLimitedError with `retryAfterSeconds` if none is left
   */
  charge(rule: LimitRule, key: string): Promise<LimitReport>
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
  const charges = { shared: chargeShared(store), local: chargeLocal() }
  const exhausted = createExhaustedKeys()
  return {
    store,
    refuseExhausted: (rule: LimitRule, key: string) => exhausted.refuse(nameOf(rule, key)),
    async charge(rule: LimitRule, key: string): Promise<LimitReport> {
      const { isRefused, state } = await charges[rule.store ?? 'shared'](rule, key)
      if (isRefused) throw exhausted.add(nameOf(rule, key), state.msBeforeNext)
      exhausted.forget(nameOf(rule, key))
      return describe(rule, state)
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
  const underWay = new Map<string, number>()
  return async (rule, key) => {
    const name = nameOf(rule, key)
    const count = underWay.get(name) ?? 0
    if (count >= rule.points) throw rateLimited(rule.windowSeconds * 1000)
    underWay.set(name, count + 1)
    try {
      return await store.run((pick) => takePoint(pick(counterOf(rule)), key))
    } finally {
      leave(underWay, name)
    }
  }
}

function nameOf({ name }: LimitRule, key: string): string {
  return `${name}:${key}`
}

function leave(underWay: Map<string, number>, name: string): void {
  const left = (underWay.get(name) ?? 0) - 1
  if (left > 0) underWay.set(name, left)
  else underWay.delete(name)
}

function chargeLocal(): Charge {
  const counterOf = remember<RateLimiterAbstract>(createLocalCounter)
  return (rule, key) => takePoint(counterOf(rule), key)
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

function describe(rule: LimitRule, { remainingPoints, msBeforeNext }: RateLimiterRes): LimitReport {
  return {
    name: rule.name,
    limit: rule.points,
    remaining: remainingPoints,
    resetSeconds: Math.max(0, Math.ceil(msBeforeNext / 1000)),
  }
}
