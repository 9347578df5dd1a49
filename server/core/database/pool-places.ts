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
// With more waiting, a new requester would exceed the time limit anyway. One network may occupy a part of the queue.
const waitersPerPlace = 50
const waitersPerPlaceOfNetwork = 10

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
  const tally = createTally(max)
  const queue = createQueue(max, tally)
  return {
    /**
     * Waits for a place, for at most 2 seconds.
     *
     * @returns a function that returns the place
     * @throws Error with the message of pg's own pool if there is none in time, or too many requesters wait already
     */
    async take(borrower: Borrower): Promise<() => void> {
      if (tally.hasRoom(borrower)) tally.count(borrower, 1)
      else await queue.wait(borrower)
      return () => {
        tally.count(borrower, -1)
        queue.admitNext()
      }
    },
  }
}

/** The requesters that wait for a place. */
function createQueue(max: number, tally: Tally) {
  const waiters: Waiter[] = []

  function mayWait({ network }: Borrower): boolean {
    const ofNetwork = waiters.filter(({ borrower }) => borrower.network === network).length
    const isAdmitted = network === undefined || ofNetwork < max * waitersPerPlaceOfNetwork
    return isAdmitted && waiters.length < max * waitersPerPlace
  }

  return {
    /** Lets the requester wait and then counts its place. */
    wait(borrower: Borrower): Promise<void> {
      return new Promise((resolve, reject) => {
        if (!mayWait(borrower)) return reject(noPlace())
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
          tally.count(borrower, 1)
          resolve()
        }
        const waiter = { borrower, enter }
        waiters.push(waiter)
      })
    },

    admitNext(): void {
      const able = waiters.filter(({ borrower }) => tally.hasRoom(borrower))
      able.toSorted((a, b) => tally.ofNetwork(a.borrower) - tally.ofNetwork(b.borrower))[0]?.enter()
    },
  }
}

type Tally = ReturnType<typeof createTally>

/** Counts the places of each holder, and knows which requester may have another one. */
function createTally(max: number) {
  const shared = Math.max(1, max - kept.request)
  const half = Math.ceil(max / 2)
  const purposes = { request: shared, session: half, limit: half, readiness: half } as const
  const shares = { feature: Math.ceil((shared * 2) / 3), network: Math.max(1, shared - 1) }
  const held = new Map<string, number>()
  let taken = 0
  const of = (key: string | undefined) => (key === undefined ? 0 : (held.get(key) ?? 0))

  return {
    hasRoom(borrower: Borrower): boolean {
      const { purpose } = borrower
      const keys = keysOf(borrower)
      const isFree = max - taken > Math.min(kept[purpose], max - 1) && of(keys.purpose) < purposes[purpose]
      return isFree && of(keys.feature) < shares.feature && of(keys.network) < shares.network
    },

    ofNetwork: (borrower: Borrower): number => of(keysOf(borrower).network),

    count(borrower: Borrower, change: 1 | -1): void {
      taken += change
      for (const key of Object.values(keysOf(borrower))) {
        if (key === undefined) continue
        const next = of(key) + change
        if (next > 0) held.set(key, next)
        else held.delete(key)
      }
    },
  }
}

function keysOf({ purpose, feature, network }: Borrower) {
  return {
    purpose: `purpose:${purpose}`,
    feature: feature === undefined ? undefined : `feature:${feature}`,
    network: network === undefined ? undefined : `network:${network}`,
  }
}

function noPlace(): Error {
  return new Error('timeout exceeded when trying to connect')
}
