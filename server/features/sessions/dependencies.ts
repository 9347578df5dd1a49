import type { Clock } from '../../core/clock.js'
import type { Database } from '../../core/database/client.js'
import type { Logger } from '../../core/logger.js'
import type { AccessTokens } from '../../core/security/access-tokens.js'
import type { RefreshTokens } from '../../core/security/refresh-tokens.js'
import type { AuditService } from '../audit/service.js'
import type { Identities } from './authentication.js'

/** What the sessions service is made of. */
export interface SessionParts {
  db: Database
  clock: Clock
  log: Logger
  audit: AuditService
  accessTokens: AccessTokens
  refreshTokens: RefreshTokens
  identities: Identities
}
