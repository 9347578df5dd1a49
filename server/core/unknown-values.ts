/** Whether a value is an object with keys, and neither an array nor null. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The code of a thrown value, such as `ENOENT` of Node.js or `23505` of PostgreSQL; empty if it has none. */
export function codeOf(thrown: unknown): string {
  return isRecord(thrown) && typeof thrown.code === 'string' ? thrown.code : ''
}
