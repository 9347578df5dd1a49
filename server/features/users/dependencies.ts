import type { Clock } from '../../core/clock.js'
import type { Database } from '../../core/database/client.js'
import type { Passwords } from '../../core/security/passwords.js'
import type { RateLimits } from '../../core/security/rate-limits.js'
import type { AuditService } from '../audit/service.js'
import type { SessionsService } from '../sessions/service.js'

/** Rows of a resource that belong to a user, in pages, newest first. */
type OwnRows = (userId: string) => AsyncIterable<Record<string, unknown>[]>

/** What the verbs on users work with. It has a file of its own because the service and every verb import it. */
export interface UsersDependencies {
  db: Database
  clock: Clock
  passwords: Passwords
  sessions: Pick<SessionsService, 'endAll'>
  audit: AuditService
  limits: RateLimits
  /** What resources hold of a user, by name, for the export of their data. */
  ownRows: Readonly<Record<string, OwnRows>>
}
