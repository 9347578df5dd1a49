export type { AppRouter, Inputs, Outputs } from './app-router.js'
export { type ErrorCode, type PlinthError, plinthError } from './errors.js'
export { createPlinthClient, type PlinthClient, type PlinthClientOptions, type User } from './plinth-client.js'
export type { TokenStore } from './token-store.js'
