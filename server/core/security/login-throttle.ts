import { createHash } from 'node:crypto'
import { RateLimitedError } from '../errors.js'
import type { Logger } from '../logger.js'
import { clientNetwork } from './client-address.js'
import { createLocalCounter, takePoint } from './rate-limit-counter.js'
import type { Counter, PickCounter, RateLimitStore } from './rate-limit-store.js'

export type LoginThrottle = ReturnType<typeof createLoginThrottle>

const freeTries = 10
const windowSeconds = 15 * 60
const waitSeconds = [60, 120, 240, 480] as const
const longestWaitSeconds = 15 * 60
const roundsKeptSeconds = 24 * 3600

/** What the counter of failures is set to when a wait begins: tries above it have a wait behind them. */
const waitsBegun = 1_000_000

/** How long an account remembers where it was signed in to. */
const knownSeconds = 90 * 24 * 3600
/** The most that a timer of this process can wait. */
const knownLocallySeconds = 20 * 24 * 3600

/** Where a try comes from: its network, and the mark of its browser if it carries one. */
interface Visitor {
  ip?: string
  device?: string | undefined
}

/**
 * Slows guessing at one account (OWASP ASVS 6.3.1): ten tries in 15 minutes, then one after each wait of 1, 2, 4, 8,
 * and from then on 15 minutes. A try is counted before the password is looked at and given back when it was right, so
 * that of many at once ten get through. Nobody is locked out for good, and resetting the password frees the account.
 *
 * Strangers share the tries of an account. Each network and each browser that has signed in to it has tries of its own,
 * which strangers cannot use up (OWASP, "Slow Down Online Guessing Attacks with Device Cookies").
 */
export function createLoginThrottle({ limits: { store }, log }: { limits: { store: RateLimitStore }; log: Logger }) {
  const known = { name: 'login/known', points: Number.MAX_SAFE_INTEGER }
  const counters: Counters = {
    failures: store.counter({ name: 'login/failures', points: freeTries, windowSeconds }),
    gate: store.counter({ name: 'login/gate', points: 1, windowSeconds: longestWaitSeconds }),
    rounds: store.counter({ name: 'login/rounds', points: Number.MAX_SAFE_INTEGER, windowSeconds: roundsKeptSeconds }),
    known: {
      ...store.counter({ ...known, windowSeconds: knownSeconds }),
      local: createLocalCounter({ ...known, windowSeconds: knownLocallySeconds }),
    },
  }

  return {
    /**
     * Counts a try at an account, whether it exists or not.
     * @throws RateLimitedError with `retryAfterSeconds`
     */
    async attempt(email: string, visitor: Visitor = {}): Promise<void> {
      const account = accountKey(email)
      const retryAfterSeconds = await store.run(async (pick) =>
        judge(counters, pick, await bucketOf(counters, pick, account, visitor)),
      )
      if (retryAfterSeconds === 0) return
      log.warn({ account, retryAfterSeconds }, 'login throttled')
      throw new RateLimitedError({ retryAfterSeconds })
    },

    /** Names what a visitor's requests for an account count under: a known place of it, or what strangers share. */
    bucketOf: (email: string, visitor: Visitor): Promise<string> =>
      store.run((pick) => bucketOf(counters, pick, accountKey(email), visitor)),

    /** The password was right: the tries before it are forgotten, and where they came from is remembered. */
    async succeeded(email: string, visitor: Visitor = {}): Promise<void> {
      const account = accountKey(email)
      await store.run(async (pick) => {
        const bucket = await bucketOf(counters, pick, account, visitor)
        await Promise.all([...forget(counters, pick, [bucket]), ...remember(counters, pick, account, visitor)])
      })
    },

    /** The owner proved themselves in another way, such as a mailed link: everybody's tries are forgotten. */
    async clear(email: string, visitor: Visitor = {}): Promise<void> {
      const account = accountKey(email)
      const buckets = [account, ...visitorKeys(account, visitor)]
      await store.run((pick) =>
        Promise.all([...forget(counters, pick, buckets), ...remember(counters, pick, account, visitor)]),
      )
    },
  }
}

/** The key under which a try counts: that of its browser or network where they are known, else the account's. */
async function bucketOf(counters: Counters, pick: PickCounter, account: string, visitor: Visitor): Promise<string> {
  const keys = visitorKeys(account, visitor)
  const states = await Promise.all(keys.map((key) => pick(counters.known).get(key)))
  return keys.find((_key, index) => states[index]) ?? account
}

function forget({ failures, gate, rounds }: Counters, pick: PickCounter, buckets: readonly string[]) {
  return buckets.flatMap((bucket) => [failures, gate, rounds].map((counter) => pick(counter).delete(bucket)))
}

function remember({ known }: Counters, pick: PickCounter, account: string, visitor: Visitor) {
  const limiter = pick(known)
  return visitorKeys(account, visitor).map((key) => limiter.set(key, 1, limiter.duration))
}

// The browser comes first: a network is shared with others.
function visitorKeys(account: string, { device, ip }: Visitor): string[] {
  return [
    ...(device === undefined ? [] : [`${account}:${hashOf(device)}`]),
    ...(ip === undefined ? [] : [`${account}:${hashOf(clientNetwork(ip))}`]),
  ]
}

type Counters = Record<'failures' | 'gate' | 'rounds' | 'known', Counter>

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
  return hashOf(email.trim().toLowerCase())
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}
