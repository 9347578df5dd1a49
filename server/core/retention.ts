const batchSize = 1_000

/** The time that lies `days` days before `now`. */
export function daysBefore(now: Date, days: number): Date {
  return new Date(now.getTime() - days * 24 * 3600 * 1000)
}

/** Deletes rows in batches that take much less time than the statement timeout. Returns their number. */
export async function removeInBatches(remove: (limit: number) => Promise<{ count: number }>): Promise<number> {
  let total = 0
  for (;;) {
    const { count } = await remove(batchSize)
    total += count
    if (count < batchSize) return total
  }
}
