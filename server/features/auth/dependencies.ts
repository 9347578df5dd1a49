import type { Clock } from '../../core/clock.js'
import type { Database } from '../../core/database/client.js'
import type { Logger } from '../../core/logger.js'
import type { LoginThrottle } from '../../core/security/login-throttle.js'
import type { Passwords } from '../../core/security/passwords.js'
import type { RateLimits } from '../../core/security/rate-limits.js'
import type { AuditService } from '../audit/service.js'
import type { SessionsService } from '../sessions/service.js'

/** What the auth service is made of. */
export interface AuthParts {
  db: Database
  clock: Clock
  log: Logger
  passwords: Passwords
  sessions: SessionsService
  audit: AuditService
  throttle: LoginThrottle
  limits: RateLimits
  tokenSecret: string
}
