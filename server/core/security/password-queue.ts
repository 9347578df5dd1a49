import { availableParallelism } from 'node:os'
import { type AppError, ServiceUnavailableError } from '../errors.js'
import { createTally } from '../tally.js'
import { createFairLine } from './fair-line.js'

/** Runs hashes for client networks, as named by `clientNetwork`. */
export interface PasswordQueue {
  /**
   * Runs the work when a place is free. Networks take turns.
   * @throws ServiceUnavailableError immediately if too many wait, and later if a network with fewer waiting requests
   *   needs the place
   */
  run<T>(network: string, work: () => Promise<T>): Promise<T>

  /**
   * Runs work that leads to a hash, or rejects it before it costs anything.
   * @throws ServiceUnavailableError immediately if too many wait, or too much of such work is in progress
   */
  admit<T>(network: string, work: () => Promise<T>): Promise<T>

  /** How many hashes run, and how many wait. */
  occupancy(): { running: number; waiting: number }
}

interface QueueLimits {
  concurrency?: number
  /**
   * How many may wait for each running hash. Ten wait for at most about 2 s, at 0.22 s per hash, and all concurrent
   * attempts that an account may make (see login-throttle.ts) get a place.
   */
  waitingPerRunner?: number
}

// One core stays free for requests.
const defaultConcurrency = Math.max(1, availableParallelism() - 1)

/** Limits password hashing so that it does not block other work: few hashes at once and a bounded queue. */
export function createPasswordQueue(limits: QueueLimits = {}): PasswordQueue {
  const { concurrency = defaultConcurrency, waitingPerRunner = 10 } = limits
  const line = createFairLine(concurrency * waitingPerRunner)
  const admission = createAdmission()
  let running = 0

  async function enter(network: string): Promise<void> {
    if (running < concurrency) {
      running += 1
      return
    }
    refuseIf(!line.hasRoomFor(network))
    await new Promise<void>((resolve, reject) => {
      line.join(network, { enter: resolve, leave: () => reject(busy()) })
    })
  }

  // The place passes directly to the next waiting request, so that no later request takes it.
  function leave(network: string): void {
    if (!line.callNext(network)) running -= 1
  }

  return {
    async admit(network, work) {
      refuseIf(!line.hasRoomFor(network) || !admission.hasRoomFor(network))
      admission.count(network, 1)
      try {
        return await work()
      } finally {
        admission.count(network, -1)
      }
    },

    occupancy: () => ({ running, waiting: line.length() }),

    async run(network, work) {
      await enter(network)
      try {
        return await work()
      } finally {
        leave(network)
      }
    },
  }
}

// Work that has not reached its hash already uses the event loop and the database. The limit lets all concurrent
// attempts that an account may make reach the throttle, which responds with the time to wait.
const admittedMax = 64

/**
 * Counts the work before a hash. It cannot be cancelled, so some places are kept for networks that have none: a network
 * with four times as many places as are free gets no more, which is 52 of 64 for a single network.
 */
function createAdmission() {
  const places = createTally()
  let free = admittedMax
  return {
    hasRoomFor: (network: string): boolean => places.of(network) < 4 * free,

    count(network: string, change: 1 | -1): void {
      places.add(network, change)
      free -= change
    },
  }
}

function refuseIf(isFull: boolean): void {
  if (isFull) throw busy()
}

function busy(): AppError {
  return new ServiceUnavailableError({ retryAfterSeconds: 2 })
}
