import { createTally } from '../tally.js'

/** The requester of a connection. Without one, it counts as work of the process itself, such as sending mail. */
export interface Borrower {
  /** The purpose of the connection; see `kept`. */
  purpose: 'request' | 'session' | 'limit' | 'readiness'
  /** The feature that needs it, such as `posts`. A feature may hold a share of the connections. */
  feature?: string
  /** The network of the client. It may hold a share, and others do not wait for its requests. */
  network?: string
}

interface Waiter {
  borrower: Borrower
  enter(): void
}

const waitMs = 2_000
// With more waiting, a new requester would exceed the time limit anyway.
const waitersPerPlace = 50

/** The number of places that each purpose leaves free for more urgent ones. */
const kept = { request: 3, session: 2, limit: 1, readiness: 0 } as const satisfies Record<Borrower['purpose'], number>

/**
 * Assigns the places of a pool. A purpose leaves some places to more urgent ones. A feature and a client network may
 * hold a share of the others, so that a locked table or a busy client leaves places free. Of the waiting requesters,
 * the one whose network holds the fewest places comes first.
 *
 * @param max the number of places
 */
export function createPlaces(max: number) {
  const holdings = createHoldings(max)
  const queue = createQueue(max, holdings)
  return {
    /**
     * Takes a place at once if there is one, without a promise, and otherwise waits for it, for at most 2 seconds.
     *
     * @returns a function that returns the place
     * @throws Error with the message of pg's own pool if there is none in time, or too many requesters wait already
     */
    take(borrower: Borrower): (() => void) | Promise<() => void> {
      const leave = () => {
        holdings.count(borrower, -1)
        queue.admitNext()
      }
      if (!holdings.hasRoom(borrower)) return queue.wait(borrower).then(() => leave)
      holdings.count(borrower, 1)
      return leave
    },

    /** How many requesters wait for a place. */
    waiting: () => queue.length(),
  }
}

/** The requesters that wait for a place. */
function createQueue(max: number, holdings: Holdings) {
  const waiters: Waiter[] = []

  return {
    /** Lets the requester wait and then counts its place. */
    wait(borrower: Borrower): Promise<void> {
      return new Promise((resolve, reject) => {
        if (waiters.length >= max * waitersPerPlace) return reject(noPlace())
        const remove = () => {
          clearTimeout(timer)
          waiters.splice(waiters.indexOf(waiter), 1)
        }
        const timer = setTimeout(() => {
          remove()
          reject(noPlace())
        }, waitMs)
        const enter = () => {
          remove()
          holdings.count(borrower, 1)
          resolve()
        }
        const waiter = { borrower, enter }
        waiters.push(waiter)
      })
    },

    length: () => waiters.length,

    admitNext(): void {
      if (waiters.length === 0) return
      const able = waiters.filter(({ borrower }) => holdings.hasRoom(borrower))
      able.toSorted((a, b) => holdings.ofNetwork(a.borrower) - holdings.ofNetwork(b.borrower))[0]?.enter()
    },
  }
}

type Holdings = ReturnType<typeof createHoldings>

/** Counts the places of each holder, and knows which requester may have another one. */
function createHoldings(max: number) {
  const shared = Math.max(1, max - kept.request)
  const half = Math.ceil(max / 2)
  const shares = {
    purpose: { request: shared, session: half, limit: half, readiness: half },
    feature: Math.ceil((shared * 2) / 3),
    network: Math.max(1, shared - 1),
  }
  const held = { purpose: createTally(), feature: createTally(), network: createTally() }
  let taken = 0

  return {
    hasRoom({ purpose, feature, network }: Borrower): boolean {
      if (max - taken <= Math.min(kept[purpose], max - 1)) return false
      return (
        held.purpose.of(purpose) < shares.purpose[purpose] &&
        (feature === undefined || held.feature.of(feature) < shares.feature) &&
        (network === undefined || held.network.of(network) < shares.network)
      )
    },

    ofNetwork: ({ network }: Borrower): number => (network === undefined ? 0 : held.network.of(network)),

    count({ purpose, feature, network }: Borrower, change: 1 | -1): void {
      taken += change
      held.purpose.add(purpose, change)
      if (feature !== undefined) held.feature.add(feature, change)
      if (network !== undefined) held.network.add(network, change)
    },
  }
}

function noPlace(): Error {
  return new Error('timeout exceeded when trying to connect')
}
