import type { Clock } from '../../clock.js'
import type { Database } from '../../database/client.js'
import type { Logger } from '../../logger.js'
import type { AccessTokens } from '../../security/access-tokens.js'
import type { RefreshTokens } from '../../security/refresh-tokens.js'
import type { AuditService } from '../audit/service.js'
import type { Identities } from './session-identities.js'

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
