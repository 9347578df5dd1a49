import type { TokenStore } from './token-store.js'
import { inTurn } from './turns.js'

/** How the server hands out the refresh token: in the body of its answers, or as a cookie that scripts cannot read. */
export type Delivery = 'body' | 'cookie'

/** Where the refresh token rests between two uses. */
export interface RefreshTokenHolder {
  /** What `auth.refresh` and `auth.logout` are sent, or null if there is no session to speak of. */
  read(): Promise<{ refreshToken?: string } | null>
  write(refreshToken: string | undefined): Promise<void>
  clear(): Promise<void>
  /** Takes it that there may be a session after all, such as one that another tab opened. */
  reconsider(): Promise<void>
  /** Runs what sends the token or brings another, in turn with all pages that share this place. */
  inTurn<Result>(work: () => Promise<Result>): Promise<Result>
}

/** Holds the token in the app's store. */
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
 * Leaves the token to the browser. Whether there is one shows only when it is used, so a new page assumes that.
 *
 * Pages take turns: of many that refresh at once, one whose request comes late would send a token that was replaced
 * twice, which the server takes for a stolen one.
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
