// The maximum time that a page with a stalled network delays the others.
const maxWaitMs = 5000

/**
 * Runs work while no other page of this origin runs work of the same name (Web Locks). Without locks, or if the lock is
 * not available within 5 seconds, it runs anyway.
 */
export async function inTurn<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
  const locks = pageGlobals.navigator?.locks
  if (!locks) return work()
  let hasBegun = false
  const begin = () => {
    hasBegun = true
    return work()
  }
  return locks.request(name, { signal: AbortSignal.timeout(maxWaitMs) }, begin).catch((error: unknown) => {
    if (hasBegun) throw error
    return work()
  })
}

// Pages on plain HTTP have no locks, and neither do environments other than browsers.
const pageGlobals: { navigator?: { locks?: Locks } } & object = globalThis

interface Locks {
  request<Result>(name: string, options: { signal: AbortSignal }, work: () => Promise<Result>): Promise<Result>
}
