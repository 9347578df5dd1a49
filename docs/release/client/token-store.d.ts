/**
 * Keeps the refresh token between starts of an app, such as in Expo's SecureStore or a file of a command-line tool.
 * Anyone who reads it can act as the user for days. In browsers, use the cookie and not localStorage.
 */
export interface TokenStore {
    get(): Promise<string | null> | string | null;
    set(refreshToken: string): Promise<void> | void;
    clear(): Promise<void> | void;
}
/** A store in memory, which lasts as long as the process or the page. */
export declare function createMemoryTokenStore(): TokenStore;
