/** How long one call takes, in milliseconds. */
async function millisecondsOf(work: () => unknown): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}

/**
 * Measures pieces of work alternately, one call of each, so that other processes affect all of them.
 *
 * @returns the median of each, in milliseconds
 */
export async function medians<Name extends string>(
  works: Readonly<Record<Name, () => unknown>>,
  { rounds, warmUp = Math.ceil(rounds / 10) }: { rounds: number; warmUp?: number },
): Promise<Record<Name, number>> {
  const times = new Map<string, number[]>()
  for (let round = -warmUp; round < rounds; round += 1) {
    for (const [name, work] of Object.entries<() => unknown>(works)) {
      const elapsed = await millisecondsOf(work)
      if (round >= 0) times.set(name, [...(times.get(name) ?? []), elapsed])
    }
  }
  return mapValues(works, (name) => quantile(times.get(name) ?? [], 0.5))
}

/** @param share between 0 and 1, such as 0.99 */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

function mapValues<Name extends string>(of: Readonly<Record<Name, unknown>>, value: (name: string) => number) {
  // `fromEntries` loses the types of the keys.
  const result: Record<Name, number> = Object.create(null)
  return Object.assign(result, Object.fromEntries(Object.keys(of).map((name) => [name, value(name)])))
}

export const rounded = (value: number, digits = 0): number => Number(value.toFixed(digits))
