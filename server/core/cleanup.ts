import type { Clock } from './clock.js'
import type { Logger } from './logger.js'

/** Removes rows that nothing needs at the given time; gives how many there were. */
type CleanupTask = (now: Date) => Promise<number>

interface CleanupOptions {
  clock: Clock
  log: Logger
  /** What the features remove, by a name for the log. */
  tasks: Readonly<Record<string, CleanupTask>>
}

const everyMs = 3600 * 1000
const batchSize = 1_000

/** Runs the tasks one after the other, once an hour. Instances may do so at the same time. */
export function createCleanup({ clock, log, tasks }: CleanupOptions) {
  let timer: NodeJS.Timeout | undefined

  /** Removes what is due now; gives the number of rows by task. */
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

/** Days for which rows are kept that nothing works on any more: long enough to look into a complaint. */
export const keptDays = 30

/** Removes rows in batches that stay far below the statement timeout; gives how many there were. */
export async function removeInBatches(remove: (limit: number) => Promise<{ count: number }>): Promise<number> {
  let total = 0
  for (;;) {
    const { count } = await remove(batchSize)
    total += count
    if (count < batchSize) return total
  }
}
