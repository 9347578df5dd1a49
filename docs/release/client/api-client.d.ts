import { type TRPCClient } from '@trpc/client';
import type { AppRouter } from './app-router.js';
import { type Fetch } from './links.js';
import { type Delivery } from './refresh-token-holder.js';
import { type Credentials, type ResumeOptions } from './session.js';
import type { SessionView, User } from './session-state.js';
import { type TokenStore } from './token-store.js';
export interface ApiClientOptions {
    /** The address of the server, such as `https://api.example.com`. Empty for the origin of the page. */
    url: string;
    /** `cookie` (the default in browsers) or `body` (the default elsewhere, and with a `tokenStore`). */
    delivery?: Delivery;
    /** The storage for the refresh token with `body` delivery. Memory by default. */
    tokenStore?: TokenStore;
    /**
     * Called once when the session ends without `logout` of this client: the server or another tab has ended it, or another
     * user has logged in in another tab.
     */
    onSessionEnd?: () => void;
    /** Sent with every request. */
    headers?: Record<string, string>;
    /** Replaces the global `fetch`. */
    fetch?: Fetch;
}
export interface ApiClient {
    /** Every procedure, typed: `client.api.posts.list.query({ limit: 10 })`. */
    api: TRPCClient<AppRouter>;
    /**
     * Creates a session, which all further calls of `api` use.
     * @throws TRPCClientError with the code INVALID_CREDENTIALS or RATE_LIMITED
     */
    login(credentials: Credentials): Promise<User>;
    /**
     * Deletes the session in the client in any case, and ends it on the server.
     * @throws TRPCClientError if the server could not be reached
     */
    logout(): Promise<void>;
    /** Resumes the session of the cookie or the token store, for example when an app starts. Null if there is none. */
    resume(options?: ResumeOptions): Promise<User | null>;
    /** Who is signed in, in all tabs alike. */
    session: SessionView;
}
/** Creates a client for the session of one user. On a server with many users, create one for each request. */
export declare function createApiClient(options: ApiClientOptions): ApiClient;
