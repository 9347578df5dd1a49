import { getFetch, type TRPCLink } from '@trpc/client';
import type { AppRouter } from './app-router.js';
import type { Session } from './session.js';
export type Fetch = ReturnType<typeof getFetch>;
export interface Connection {
    /** The address of the tRPC transport. */
    url: string;
    fetch: Fetch | undefined;
    headers: Record<string, string>;
    /** Whether the refresh token is sent as a cookie. */
    usesCookie: boolean;
}
/** The links for calls that authenticate themselves with a password or a refresh token. */
export declare function bareLinks(connection: Connection): TRPCLink<AppRouter>[];
/** The links for all other calls: with the access token, in batches, and repeated once if the token was rejected. */
export declare function sessionLinks(connection: Connection, session: Session): TRPCLink<AppRouter>[];
