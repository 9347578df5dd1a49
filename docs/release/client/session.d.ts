import type { TRPCClient } from '@trpc/client';
import type { AppRouter, Inputs, Outputs } from './app-router.js';
import type { Delivery, RefreshTokenHolder } from './refresh-token-holder.js';
import { type SessionView } from './session-state.js';
export type Credentials = Omit<Inputs['auth']['login'], 'delivery'>;
type SignedIn = Outputs['auth']['login'];
interface SessionOptions {
    /** Calls without an access token. */
    auth: TRPCClient<AppRouter>['auth'];
    delivery: Delivery;
    holder: RefreshTokenHolder;
    /** What the pages that share a cookie have in common. */
    name: string;
    onSessionEnd: (() => void) | undefined;
}
/** The tokens of one user, which are renewed when necessary, with one refresh at a time. */
export interface Session {
    view: SessionView;
    /** @throws TRPCClientError INVALID_CREDENTIALS */
    login(credentials: Credentials): Promise<SignedIn>;
    /** Deletes the session here, then ends it on the server. @throws TRPCClientError if the server cannot be reached */
    logout(): Promise<void>;
    /** Resumes the session of the cookie or the store; null if there is none. */
    resume(options?: ResumeOptions): Promise<SignedIn | null>;
    /** Renews the token if necessary. @throws TRPCClientError if it cannot be renewed now */
    ready(): Promise<void>;
    /** The token for calls, or null without a session. */
    accessToken(): string | null;
    /** Reports that the server rejected a token. A token that has been replaced is ignored. */
    markStale(token: string): void;
}
export interface ResumeOptions {
    /** Asks the server even if nothing here tells of a session, as for one that a sibling domain has created. */
    always?: boolean;
}
export declare function createSession(options: SessionOptions): Session;
export {};
