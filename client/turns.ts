// What a page whose network hangs may cost the others.
const maxWaitMs = 5000

/**
 * Runs work while no other page of this origin runs work of the same name (Web Locks). Where there are no locks, or the
 * turn does not come within 5 seconds, it runs all the same.
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

// Pages on plain HTTP have no locks, nor have other places than browsers.
const pageGlobals: { navigator?: { locks?: Locks } } & object = globalThis

interface Locks {
  request<Result>(name: string, options: { signal: AbortSignal }, work: () => Promise<Result>): Promise<Result>
}
