import { availableParallelism } from 'node:os'
import { AppError } from '../errors.js'

export interface PasswordQueue {
  /**
   * Runs the work when a place is free.
   * @throws AppError SERVICE_UNAVAILABLE at once when too many wait already
   */
  run<T>(work: () => Promise<T>): Promise<T>
}

interface QueueLimits {
  concurrency?: number
  /** How many may wait for each one that runs. 24 wait at most about 5 s behind hashes of 0.22 s. */
  waitingPerRunner?: number
}

// bcrypt runs on libuv's pool of four threads: one stays free for files and name resolution, one core for requests.
const defaultConcurrency = Math.max(1, Math.min(availableParallelism() - 1, 3))

/** Keeps password hashing from starving everything else: few hashes at once, a bounded line, and a refusal beyond it. */
export function createPasswordQueue(limits: QueueLimits = {}): PasswordQueue {
  const { concurrency = defaultConcurrency, waitingPerRunner = 24 } = limits
  const waiting: (() => void)[] = []
  let running = 0

  async function enter(): Promise<void> {
    if (running < concurrency) {
      running += 1
      return
    }
    if (waiting.length >= concurrency * waitingPerRunner) {
      throw new AppError('SERVICE_UNAVAILABLE', { retryAfterSeconds: 2 })
    }
    await new Promise<void>((resolve) => waiting.push(resolve))
  }

  // A place is handed to the next in line, so that nobody who comes later takes it.
  function leave(): void {
    const next = waiting.shift()
    if (next) next()
    else running -= 1
  }

  return {
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
