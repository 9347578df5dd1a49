/** Somebody in a line: exactly one of the two is called. */
interface Waiter {
  enter(): void
  leave(): void
}

/**
 * A bounded line in which networks take turns, so that nobody waits behind all that another network has sent. A network
 * may use the whole line while nobody else waits. Once it is full, a network that has fewer in it takes the place of the
 * newest one of the network that has the most (McKenney, Stochastic Fairness Queueing, 1990).
 *
 * @param capacity how many may wait
 */
export function createFairLine(capacity: number) {
  // In the order of their turns.
  const lanes = new Map<string, Waiter[]>()
  let length = 0

  function laneToCut(network: string): Waiter[] | undefined {
    const [longest] = [...lanes.values()].toSorted((a, b) => b.length - a.length)
    const own = lanes.get(network)?.length ?? 0
    return longest && longest.length > own + 1 ? longest : undefined
  }

  return {
    hasRoomFor: (network: string): boolean => length < capacity || laneToCut(network) !== undefined,

    /** Puts somebody into the line; there has to be room. */
    join(network: string, waiter: Waiter): void {
      if (length < capacity) length += 1
      else laneToCut(network)?.pop()?.leave()
      const lane = lanes.get(network)
      if (lane) lane.push(waiter)
      else lanes.set(network, [waiter])
    },

    /**
     * Lets the next one in, if there is one.
     * @param leaving the network whose place is free now: it had its turn
     */
    callNext(leaving: string): boolean {
      const turn = [...lanes].find(([network]) => network !== leaving) ?? [...lanes][0]
      if (!turn) return false
      const [network, lane] = turn
      lanes.delete(network)
      lane.shift()?.enter()
      if (lane.length > 0) lanes.set(network, lane)
      length -= 1
      return true
    },
  }
}
