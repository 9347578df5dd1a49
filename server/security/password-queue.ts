import { availableParallelism } from 'node:os'
import { AppError } from '../errors.js'

export interface PasswordQueue {
  /**
   * Runs the work when a place is free.
   * @throws AppError SERVICE_UNAVAILABLE at once when too many wait already
   */
  run<T>(work: () => Promise<T>): Promise<T>

  /**
   * Runs work that leads to a hash, and refuses it before it costs anything.
   * @throws AppError SERVICE_UNAVAILABLE at once when too many wait, or too much of such work is under way
   */
  admit<T>(work: () => Promise<T>): Promise<T>
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

// What has not come to its hash yet costs the event loop and the database. The tries at one account that come at once
// still reach the throttle, which says for how long to wait.
const admittedMax = 64

/** Keeps password hashing from starving everything else: few hashes at once, a bounded line, and a refusal beyond it. */
export function createPasswordQueue(limits: QueueLimits = {}): PasswordQueue {
  const { concurrency = defaultConcurrency, waitingPerRunner = 10 } = limits
  const waiting: (() => void)[] = []
  let running = 0
  let admitted = 0

  const isLineFull = () => waiting.length >= concurrency * waitingPerRunner

  async function enter(): Promise<void> {
    if (running < concurrency) {
      running += 1
      return
    }
    refuseIf(isLineFull())
    await new Promise<void>((resolve) => waiting.push(resolve))
  }

  // A place is handed to the next in line, so that nobody who comes later takes it.
  function leave(): void {
    const next = waiting.shift()
    if (next) next()
    else running -= 1
  }

  return {
    async admit(work) {
      refuseIf(isLineFull() || admitted >= admittedMax)
      admitted += 1
      try {
        return await work()
      } finally {
        admitted -= 1
      }
    },

    async run(work) {
      await enter()
      try {
        return await work()
      } finally {
        leave()
      }
    },
  }
}

function refuseIf(isFull: boolean): void {
  if (isFull) throw new AppError('SERVICE_UNAVAILABLE', { retryAfterSeconds: 2 })
}
