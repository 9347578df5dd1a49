import type { Clock } from '../../core/clock.js'
import type { Database } from '../../core/database/client.js'
import type { AuditService } from '../audit/service.js'

/** What the posts service is made of. */
export interface PostsParts {
  db: Database
  clock: Clock
  audit: AuditService
}
