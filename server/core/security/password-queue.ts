import { availableParallelism } from 'node:os'
import { type AppError, ServiceUnavailableError } from '../errors.js'
import { createFairLine } from './fair-line.js'

/** Hashes for networks of clients, as `clientNetwork` names them. */
export interface PasswordQueue {
  /**
   * Runs the work when a place is free. Networks take turns.
   * @throws ServiceUnavailableError at once when too many wait already, and later for the newest of the network
   *   that has the most in line, when one that has fewer needs the place
   */
  run<T>(network: string, work: () => Promise<T>): Promise<T>

  /**
   * Runs work that leads to a hash, and refuses it before it costs anything.
   * @throws ServiceUnavailableError at once when too many wait, or too much of such work is under way
   */
  admit<T>(network: string, work: () => Promise<T>): Promise<T>
}

interface QueueLimits {
  concurrency?: number
  /**
   * How many may wait for each one that runs. 10 wait at most about 2 s behind hashes of 0.22 s, and the tries that an
   * account has at once (see login-throttle.ts) all find a place.
   */
  waitingPerRunner?: number
}

// One core stays free for requests.
const defaultConcurrency = Math.max(1, availableParallelism() - 1)

/** Keeps password hashing from starving everything else: few hashes at once, a bounded line, and a refusal beyond it. */
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

  // A place is handed to the next in line, so that nobody who comes later takes it.
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

// What has not come to its hash yet costs the event loop and the database. The tries at one account that come at once
// still reach the throttle, which says for how long to wait.
const admittedMax = 64

/**
 * Counts who is on the way to a hash. Such work cannot be taken back, so that places stay free for networks that have
 * none: one that holds four times as many as are free gets no more, which is 52 of 64 if it is alone.
 */
function createAdmission() {
  const places = new Map<string, number>()
  let free = admittedMax
  return {
    hasRoomFor: (network: string): boolean => (places.get(network) ?? 0) < 4 * free,

    count(network: string, change: 1 | -1): void {
      const held = (places.get(network) ?? 0) + change
      if (held > 0) places.set(network, held)
      else places.delete(network)
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
