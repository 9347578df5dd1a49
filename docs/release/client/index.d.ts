export { type ApiClient, type ApiClientOptions, createApiClient } from './api-client.js';
export type { AppRouter, Inputs, Outputs } from './app-router.js';
export { type ApiError, apiError, type ErrorCode } from './errors.js';
export type { SessionState, User } from './session-state.js';
export type { TokenStore } from './token-store.js';
