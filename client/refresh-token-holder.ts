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
  /** Assumes that there may be a session, such as one that another tab has created. */
  reconsider(): Promise<void>
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
    reconsider: async () => {},
    inTurn: (work) => work(),
  }
}

/**
 * Leaves the token in the browser. A new page assumes that there is one, because only its use shows whether it exists.
 *
 * Pages refresh one after the other. Otherwise a late request could send a token that has been replaced twice, which the
 * server treats as stolen.
 */
export function holdInCookie(url: string): RefreshTokenHolder {
  let mayExist = true
  const expect = async (isExpected: boolean) => {
    mayExist = isExpected
  }
  return {
    read: async () => (mayExist ? {} : null),
    write: () => expect(true),
    clear: () => expect(false),
    reconsider: () => expect(true),
    inTurn: (work) => inTurn(`session ${url}`, work),
  }
}
