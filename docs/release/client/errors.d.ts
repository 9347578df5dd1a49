import type { inferRouterError } from '@trpc/server';
import type { AppRouter } from './app-router.js';
type ErrorData = NonNullable<inferRouterError<AppRouter>['data']>;
/**
 * The error of a failed call. `code` is stable. `message` is in English, and its text may change. `retryAfterSeconds` is
 * set for RATE_LIMITED and SERVICE_UNAVAILABLE.
 */
export type ApiError = ErrorData['error'] & Pick<ErrorData, 'retryAfterSeconds'>;
export type ErrorCode = ApiError['code'];
/**
 * Returns the error of the server from a thrown value: `{ code, message, details?, requestId, retryAfterSeconds? }`, or
 * null if the error is not from the server (no network, the page of a proxy, an error of the app itself).
 */
export declare function apiError(error: unknown): ApiError | null;
export {};
