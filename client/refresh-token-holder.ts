import type { TokenStore } from './token-store.js'
import { inTurn } from './turns.js'

/** How the server returns the refresh token: in the response body, or as a cookie that scripts cannot read. */
export type Delivery = 'body' | 'cookie'

/** Stores the refresh token between two uses. */
export interface RefreshTokenHolder {
  /** The input of `auth.refresh` and `auth.logout`, or null if there is no session. */
  read(): Promise<{ refreshToken?: string } | null>
  write(refreshToken: string | undefined): Promise<void>
  clear(): Promise<void>
  /** Assumes that there may be a session which nothing here tells of, such as one of a sibling domain. */
  reconsider(): void
  /** Runs work that uses or replaces the token, one after the other with all pages that share the storage. */
  inTurn<Result>(work: () => Promise<Result>): Promise<Result>
}

/** Stores the token in the token store of the app. */
export function holdInStore(store: TokenStore): RefreshTokenHolder {
  return {
    async read() {
      const refreshToken = await store.get()
      return refreshToken ? { refreshToken } : null
    },
    async write(refreshToken) {
      if (refreshToken !== undefined) await store.set(refreshToken)
    },
    async clear() {
      await store.clear()
    },
    reconsider() {},
    inTurn: (work) => work(),
  }
}

/**
 * Leaves the token in the browser, which shows it to no script. A record in the page's storage says whether there is one,
 * so that a visitor without a session causes no request that fails.
 *
 * Pages refresh one after the other. Otherwise a late request could send a token that has been replaced twice, which the
 * server treats as stolen.
 */
export function holdInCookie(name: string): RefreshTokenHolder {
  const record = createRecord(name)
  return {
    read: async () => (record.get() ? {} : null),
    write: async () => record.set(true),
    clear: async () => record.set(false),
    reconsider: () => record.set(true),
    inTurn: (work) => inTurn(name, work),
  }
}

// Without storage, a new page assumes that there is a session, because only its use shows whether it exists.
function createRecord(name: string) {
  let remembered = true
  return {
    get() {
      try {
        return storage().getItem(name) !== null
      } catch {
        return remembered
      }
    },
    set(exists: boolean) {
      remembered = exists
      try {
        if (exists) storage().setItem(name, '')
        else storage().removeItem(name)
      } catch {
        // Kept in memory alone.
      }
    },
  }
}

/** @throws TypeError or a DOMException where the page has no storage, or may not use it */
function storage(): WebStorage {
  if (!pageGlobals.localStorage) throw new TypeError()
  return pageGlobals.localStorage
}

const pageGlobals: { localStorage?: WebStorage } & object = globalThis

interface WebStorage {
  getItem(name: string): string | null
  setItem(name: string, value: string): void
  removeItem(name: string): void
}
