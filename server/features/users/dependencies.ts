import type { Clock } from '../../core/clock.js'
import type { Database, Transaction } from '../../core/database/client.js'
import type { Passwords } from '../../core/security/passwords.js'
import type { RateLimits } from '../../core/security/rate-limits.js'
import type { AuditService } from '../audit/service.js'
import type { SessionsService } from '../sessions/service.js'

/** The service of a resource whose rows belong to users. */
interface Resource {
  /** All rows of a user, deleted ones too, in pages, newest first, for the export of the account. */
  ownRows(userId: string): AsyncIterable<Record<string, unknown>[]>
  /** Overwrites or deletes what a user wrote, in a job after the account was erased, which may run more than once. The texts cannot be read or restored anyway. */
  eraseOwnRows(tx: Transaction, userId: string): Promise<unknown>
}

/** The dependencies of the verbs of users, in a separate file because the service and every verb import it. */
export interface UsersDependencies {
  db: Database
  clock: Clock
  passwords: Passwords
  sessions: Pick<SessionsService, 'endAll'>
  audit: AuditService
  limits: RateLimits
  /** The resources whose rows belong to users, by name. */
  resources: Readonly<Record<string, Resource>>
}
