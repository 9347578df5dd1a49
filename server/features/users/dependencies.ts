import type { Clock } from '../../core/clock.js'
import type { Database } from '../../core/database/client.js'
import type { Passwords } from '../../core/security/passwords.js'
import type { RateLimits } from '../../core/security/rate-limits.js'
import type { AuditService } from '../audit/service.js'
import type { SessionsService } from '../sessions/service.js'

/** The rows of a resource that belong to a user, in pages, newest first. */
type OwnRows = (userId: string) => AsyncIterable<Record<string, unknown>[]>

/** The dependencies of the verbs of users, in a separate file because the service and every verb import it. */
export interface UsersDependencies {
  db: Database
  clock: Clock
  passwords: Passwords
  sessions: Pick<SessionsService, 'endAll'>
  audit: AuditService
  limits: RateLimits
  /** The data of each resource about a user, by name, for the export. */
  ownRows: Readonly<Record<string, OwnRows>>
}
