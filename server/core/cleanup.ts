import type { Clock } from './clock.js'
import type { Logger } from './logger.js'

/** Deletes rows that have expired at the given time. Returns their number. */
type CleanupTask = (now: Date) => Promise<number>

interface CleanupOptions {
  clock: Clock
  log: Logger
  /** The cleanup functions of the features, by a name for the log. */
  tasks: Readonly<Record<string, CleanupTask>>
}

const everyMs = 3600 * 1000
const batchSize = 1_000

/** Runs the tasks one after the other, once an hour. Instances may do so at the same time. */
export function createCleanup({ clock, log, tasks }: CleanupOptions) {
  let timer: NodeJS.Timeout | undefined

  /** Deletes all rows that have expired now. Returns the number of rows by task. */
  async function run(): Promise<Record<string, number>> {
    const removed: Record<string, number> = {}
    for (const [name, remove] of Object.entries(tasks)) removed[name] = await remove(clock.now())
    log.info(removed, 'expired rows deleted')
    return removed
  }

  return {
    run,
    start(): void {
      const runLogged = () => run().catch((err: unknown) => log.warn({ err }, 'expired rows could not be deleted'))
      timer = setInterval(() => void runLogged(), everyMs).unref()
    },
    stop(): void {
      clearInterval(timer)
    },
  }
}

/** The time that lies `days` days before `now`. */
export function daysBefore(now: Date, days: number): Date {
  return new Date(now.getTime() - days * 24 * 3600 * 1000)
}

/** Days for which inactive rows are kept, so that complaints can be investigated. */
export const keptDays = 30

/** Deletes rows in batches that take much less time than the statement timeout. Returns their number. */
export async function removeInBatches(remove: (limit: number) => Promise<{ count: number }>): Promise<number> {
  let total = 0
  for (;;) {
    const { count } = await remove(batchSize)
    total += count
    if (count < batchSize) return total
  }
}
