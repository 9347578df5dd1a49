/** How much each key holds at the moment, such as the requests of a network. Keys that hold nothing take no memory. */
export interface Tally {
  of(key: string): number
  /** Adds an amount, or takes it away if it is negative; never below zero. */
  add(key: string, amount: number): void
  isEmpty(): boolean
}

export function createTally(): Tally {
  const amounts = new Map<string, number>()
  const of = (key: string) => amounts.get(key) ?? 0
  return {
    of,
    add(key, amount) {
      const next = of(key) + amount
      if (next > 0) amounts.set(key, next)
      else amounts.delete(key)
    },
    isEmpty: () => amounts.size === 0,
  }
}
