import type { Clock } from '../../clock.js'
import type { Database } from '../../database/client.js'
import type { Passwords } from '../../security/passwords.js'
import type { AuditService } from '../audit/service.js'
import type { SessionsService } from '../auth/sessions-service.js'

/** What the users service is made of. */
export interface UsersParts {
  db: Database
  clock: Clock
  passwords: Passwords
  sessions: Pick<SessionsService, 'endAll'>
  audit: AuditService
}
