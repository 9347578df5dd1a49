import type { Clock } from '../../clock.js'
import type { Database } from '../../database/client.js'
import type { AuditService } from '../audit/service.js'

/** What the posts service is made of. */
export interface PostsParts {
  db: Database
  clock: Clock
  audit: AuditService
}
