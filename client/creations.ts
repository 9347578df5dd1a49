/**
 * The procedures that create something once for each `Idempotency-Key`. The build adds their names, which the router of
 * the server declares.
 */
export const creations = new Set<string>()
