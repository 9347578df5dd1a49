import type { TokenStore } from './token-store.js';
/** How the server returns the refresh token: in the response body, or as a cookie that scripts cannot read. */
export type Delivery = 'body' | 'cookie';
/** Stores the refresh token between two uses. */
export interface RefreshTokenHolder {
    /** The input of `auth.refresh` and `auth.logout`, or null if there is no session. */
    read(): Promise<{
        refreshToken?: string;
    } | null>;
    write(refreshToken: string | undefined): Promise<void>;
    clear(): Promise<void>;
    /** Assumes that there may be a session which nothing here tells of, such as one of a sibling domain. */
    reconsider(): void;
    /** Runs work that uses or replaces the token, one after the other with all pages that share the storage. */
    inTurn<Result>(work: () => Promise<Result>): Promise<Result>;
}
/** Stores the token in the token store of the app. */
export declare function holdInStore(store: TokenStore): RefreshTokenHolder;
/**
 * Leaves the token in the browser, which shows it to no script. A record in the page's storage says whether there is one,
 * so that a visitor without a session causes no request that fails.
 *
 * Pages refresh one after the other. Otherwise a late request could send a token that has been replaced twice, which the
 * server treats as stolen.
 */
export declare function holdInCookie(name: string): RefreshTokenHolder;
