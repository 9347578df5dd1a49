import type { Outputs } from './app-router.js';
export type User = Outputs['auth']['login']['user'];
/**
 * Who is signed in. `unknown` until the first call or `resume` has found out, and while the server cannot be reached then.
 */
export type SessionState = {
    status: 'unknown' | 'anonymous';
    user: null;
} | {
    status: 'signed-in';
    user: User;
};
/** The session as a state that an interface can show, as `useSyncExternalStore` of React takes it. */
export interface SessionView {
    /** The same object until something changes. */
    get(): SessionState;
    /** Calls the listener after each change, in whichever tab it happened. Returns the function that ends this. */
    subscribe(listener: (state: SessionState) => void): () => void;
}
export interface SessionStateHolder extends SessionView {
    /** The user, or null without a session. */
    set(user: User | null): void;
}
export declare function createSessionState(): SessionStateHolder;
