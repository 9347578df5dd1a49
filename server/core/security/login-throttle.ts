import { createHash } from 'node:crypto'
import { RateLimitedError } from '../errors.js'
import type { Logger } from '../logger.js'
import { countRateLimited } from '../metrics.js'
import { clientNetwork } from './client-address.js'
import { createLocalCounter, takePoint } from './rate-limit-counter.js'
import type { Counter, PickCounter, RateLimitStore } from './rate-limit-store.js'

export type LoginThrottle = ReturnType<typeof createLoginThrottle>

const freeTries = 10
const windowSeconds = 15 * 60
const waitSeconds = [60, 120, 240, 480] as const
const longestWaitSeconds = 15 * 60
const roundsKeptSeconds = 24 * 3600

/** The value of the failure counter while an account has to wait. Higher values have already waited. */
const waitsBegun = 1_000_000

/** How long the networks and browsers of an account are remembered. */
const knownSeconds = 90 * 24 * 3600
/** In the memory of a process, for an outage of the store: each login is two entries, which must not pile up for weeks. */
const knownLocallySeconds = 24 * 3600

/** The origin of an attempt: its network, and the mark of its browser if there is one. */
export interface Visitor {
  ip?: string
  device?: string | undefined
}

/**
 * Slows down guesses at the password of an account (OWASP ASVS 6.3.1): ten attempts in 15 minutes, then one after each
 * wait of 1, 2, 4, 8, and finally always 15 minutes. An attempt is counted before the password is compared and reverted
 * if it was correct, so that only ten of many concurrent attempts are made. No account is locked permanently, and a
 * password reset removes the wait.
 *
 * All unknown networks and browsers share the attempts of an account. Each one from which the user has logged in has
 * separate attempts, which strangers cannot use up (OWASP, "Slow Down Online Guessing Attacks with Device Cookies").
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
     * Counts an attempt, whether the account exists or not.
     * @throws RateLimitedError with `retryAfterSeconds`
     */
    async attempt(email: string, visitor: Visitor = {}): Promise<void> {
      const account = accountKey(email)
      const retryAfterSeconds = await store.run(async (pick) =>
        judge(counters, pick, await bucketOf(counters, pick, account, visitor)),
      )
      if (retryAfterSeconds === 0) return
      log.warn({ account, retryAfterSeconds }, 'login throttled')
      countRateLimited('login/failures')
      throw new RateLimitedError({ retryAfterSeconds })
    },

    /**
     * Returns the key for limits of an account: that of a known network or browser, otherwise one that all unknown ones
     * share.
     */
    bucketOf: (email: string, visitor: Visitor): Promise<string> =>
      store.run((pick) => bucketOf(counters, pick, accountKey(email), visitor)),

    /** After a correct password: resets the attempts and remembers the network and the browser. */
    async succeeded(email: string, visitor: Visitor = {}): Promise<void> {
      const account = accountKey(email)
      await store.run(async (pick) => {
        const bucket = await bucketOf(counters, pick, account, visitor)
        await Promise.all([...forget(counters, pick, [bucket]), ...remember(counters, pick, account, visitor)])
      })
    },

    /** After another proof of identity, such as a link in a mail: resets the attempts of all networks and browsers. */
    async clear(email: string, visitor: Visitor = {}): Promise<void> {
      const account = accountKey(email)
      const buckets = [account, ...visitorKeys(account, visitor)]
      await store.run((pick) =>
        Promise.all([...forget(counters, pick, buckets), ...remember(counters, pick, account, visitor)]),
      )
    },
  }
}

/** The key that counts an attempt: that of a known browser or network, otherwise that of the account. */
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

// The browser comes first, because several people share a network.
function visitorKeys(account: string, { device, ip }: Visitor): string[] {
  return [
    ...(device === undefined ? [] : [`${account}:${hashOf(device)}`]),
    ...(ip === undefined ? [] : [`${account}:${hashOf(clientNetwork(ip))}`]),
  ]
}

type Counters = Record<'failures' | 'gate' | 'rounds' | 'known', Counter>

/** @returns the seconds to wait; 0 allows the attempt */
async function judge(counters: Counters, pick: PickCounter, key: string): Promise<number> {
  const failures = pick(counters.failures)
  const { isRefused, state } = await takePoint(failures, key)
  if (!isRefused && state.consumedPoints < failures.points) return 0
  const { isSetter, seconds } = await setGate(counters, pick, key)
  // The last free attempt starts the first wait. If a concurrent attempt is faster, that one starts it and is rejected.
  if (!isRefused || (isSetter && state.consumedPoints > waitsBegun)) return 0
  return seconds
}

/** After a wait, one of several concurrent attempts sets the gate, which starts the next wait. */
async function setGate(counters: Counters, pick: PickCounter, key: string) {
  const rounds = (await pick(counters.rounds).get(key))?.consumedPoints ?? 0
  const seconds = waitSeconds[rounds] ?? longestWaitSeconds
  const { isRefused, state } = await takePoint(pick(counters.gate), key, seconds)
  if (isRefused) return { isSetter: false, seconds: Math.max(1, Math.ceil(state.msBeforeNext / 1000)) }
  await pick(counters.rounds).penalty(key)
  // At least as long as the longest wait, so that the count is not reset before the wait has ended.
  await pick(counters.failures).set(key, waitsBegun, windowSeconds)
  return { isSetter: true, seconds }
}

/** Hashed, because the counters remain after the account is deleted. */
function accountKey(email: string): string {
  return hashOf(email.trim().toLowerCase())
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}
