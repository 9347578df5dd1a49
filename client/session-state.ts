import type { Outputs } from './app-router.js'

export type User = Outputs['auth']['login']['user']

/**
 * Who is signed in. `unknown` until the first call or `resume` has found out, and while the server cannot be reached then.
 */
export type SessionState = { status: 'unknown' | 'anonymous'; user: null } | { status: 'signed-in'; user: User }

/** The session as a state that an interface can show, as `useSyncExternalStore` of React takes it. */
export interface SessionView {
  /** The same object until something changes. */
  get(): SessionState
  /** Calls the listener after each change, in whichever tab it happened. Returns the function that ends this. */
  subscribe(listener: (state: SessionState) => void): () => void
}

export interface SessionStateHolder extends SessionView {
  /** The user, or null without a session. */
  set(user: User | null): void
}

export function createSessionState(): SessionStateHolder {
  let state: SessionState = { status: 'unknown', user: null }
  const listeners = new Set<(state: SessionState) => void>()
  return {
    get: () => state,
    set(user) {
      if (isSame(state, user)) return
      state = user ? { status: 'signed-in', user } : { status: 'anonymous', user: null }
      for (const listener of listeners) call(listener, state)
    },
    subscribe(listener) {
      const own = (next: SessionState) => listener(next)
      listeners.add(own)
      return () => {
        listeners.delete(own)
      }
    },
  }
}

function isSame({ status, user: former }: SessionState, user: User | null): boolean {
  if (!former || !user) return !former && !user && status === 'anonymous'
  return former.id === user.id && former.version === user.version
}

// A fault of the interface is reported as one, and does not make a login fail.
function call(listener: (state: SessionState) => void, state: SessionState): void {
  try {
    listener(state)
  } catch (error) {
    setTimeout(() => {
      throw error
    })
  }
}
