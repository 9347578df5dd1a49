import { migrationStatus } from './migrate.js'

/**
 * Makes the readiness check that fails while migrations are pending or in disorder. Once they were all there they stay,
 * so that a probe every second asks the database once.
 */
export function createMigrationsCheck(databaseUrl: string): () => Promise<void> {
  let isInOrder = false
  return async () => {
    if (isInOrder) return
    const { pending, fault } = await migrationStatus(databaseUrl)
    if (fault) throw new Error(fault)
    if (pending.length > 0) throw new Error(`pending migrations: ${pending.join(', ')}`)
    isInOrder = true
  }
}
