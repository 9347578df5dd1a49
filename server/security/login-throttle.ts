import { createHash } from 'node:crypto'
import { AppError } from '../errors.js'
import type { Logger } from '../logger.js'
import { takePoint } from './rate-limit-counter.js'
import type { Counter, PickCounter, RateLimitStore } from './rate-limit-store.js'

export type LoginThrottle = ReturnType<typeof createLoginThrottle>

const freeTries = 10
const windowSeconds = 15 * 60
const waitSeconds = [60, 120, 240, 480] as const
const longestWaitSeconds = 15 * 60
const roundsKeptSeconds = 24 * 3600

/** What the counter of failures is set to when a wait begins: tries above it have a wait behind them. */
const waitsBegun = 1_000_000

/**
 * Slows guessing at one account (OWASP ASVS 6.3.1): ten tries in 15 minutes, then one after each wait of 1, 2, 4, 8,
 * and from then on 15 minutes. A try is counted before the password is looked at and given back when it was right, so
 * that of many at once ten get through. Nobody is locked out for good, and resetting the password frees the account.
 */
export function createLoginThrottle({ limits: { store }, log }: { limits: { store: RateLimitStore }; log: Logger }) {
  const counters: Counters = {
    failures: store.counter({ name: 'login/failures', points: freeTries, windowSeconds }),
    gate: store.counter({ name: 'login/gate', points: 1, windowSeconds: longestWaitSeconds }),
    rounds: store.counter({ name: 'login/rounds', points: Number.MAX_SAFE_INTEGER, windowSeconds: roundsKeptSeconds }),
  }

  async function clear(email: string): Promise<void> {
    const key = accountKey(email)
    await store.run((pick) => Promise.all(Object.values(counters).map((counter) => pick(counter).delete(key))))
  }

  return {
    /**
     * Counts a try at an account, known or not.
     * @throws AppError RATE_LIMITED with `retryAfterSeconds`
     */
    async attempt(email: string): Promise<void> {
      const key = accountKey(email)
      const retryAfterSeconds = await store.run((pick) => judge(counters, pick, key))
      if (retryAfterSeconds === 0) return
      log.warn({ account: key, retryAfterSeconds }, 'login throttled')
      throw new AppError('RATE_LIMITED', { retryAfterSeconds })
    },

    /** The password was right: the tries before it are forgotten. */
    succeeded: clear,

    /** The owner proved themselves in another way, such as a mailed link. */
    clear,
  }
}

type Counters = Record<'failures' | 'gate' | 'rounds', Counter>

/** @returns how many seconds to wait; 0 lets the try through */
async function judge(counters: Counters, pick: PickCounter, key: string): Promise<number> {
  const failures = pick(counters.failures)
  const { isRefused, state } = await takePoint(failures, key)
  if (!isRefused && state.consumedPoints < failures.points) return 0
  const { isSetter, seconds } = await setGate(counters, pick, key)
  // The last free try begins the first wait; if a later one is faster, that one begins it, and is refused.
  if (!isRefused || (isSetter && state.consumedPoints > waitsBegun)) return 0
  return seconds
}

/** Of those who come while no wait runs, one sets the gate, which begins the next wait. */
async function setGate(counters: Counters, pick: PickCounter, key: string) {
  const rounds = (await pick(counters.rounds).get(key))?.consumedPoints ?? 0
  const seconds = waitSeconds[rounds] ?? longestWaitSeconds
  const { isRefused, state } = await takePoint(pick(counters.gate), key, seconds)
  if (isRefused) return { isSetter: false, seconds: Math.max(1, Math.ceil(state.msBeforeNext / 1000)) }
  await pick(counters.rounds).penalty(key)
  // For the longest wait at least, so that no free tries come back before the wait is over.
  await pick(counters.failures).set(key, waitsBegun, windowSeconds)
  return { isSetter: true, seconds }
}

/** The counters outlive accounts, so they know an address by its hash alone. */
function accountKey(email: string): string {
  return createHash('sha256').update(email.trim().toLowerCase()).digest('base64url')
}
