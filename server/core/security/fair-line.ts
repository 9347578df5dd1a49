/** A waiting request: exactly one of the two functions is called. */
interface Waiter {
  enter(): void
  leave(): void
}

/**
 * A bounded queue in which networks take turns, so that no request waits behind all requests of another network. A
 * single network may use the whole queue. If the queue is full, a request of a network with fewer places replaces the
 * newest request of the network with the most (McKenney, Stochastic Fairness Queueing, 1990).
 *
 * @param capacity how many requests may wait
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

    length: () => length,

    /** Adds a request. The queue must have room. */
    join(network: string, waiter: Waiter): void {
      if (length < capacity) length += 1
      else laneToCut(network)?.pop()?.leave()
      const lane = lanes.get(network)
      if (lane) lane.push(waiter)
      else lanes.set(network, [waiter])
    },

    /**
     * Admits the next request, if there is one.
     * @param leaving the network that has had its turn
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
