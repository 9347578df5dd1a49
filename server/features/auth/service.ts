import { daysBefore, keptDays, removeInBatches } from '../../core/cleanup.js'
import type { AuthParts } from './dependencies.js'
import { createEmailChange } from './email-change.js'
import { createLogin } from './login.js'
import { createPasswordChange } from './password-change.js'
import { createPasswordReset } from './password-reset.js'
import { createRegistration } from './registration.js'
import { createVerification } from './verify-email.js'

/** How people get accounts, prove who they are, and change what they prove it with. */
export type AuthService = ReturnType<typeof createAuthService>

export function createAuthService(parts: AuthParts) {
  return {
    ...createRegistration(parts),
    ...createVerification(parts),
    ...createLogin(parts),
    ...createPasswordReset(parts),
    ...createPasswordChange(parts),
    ...createEmailChange(parts),
    /** Removes mailed tokens that expired long ago; gives how many there were. */
    removeExpiredTokens: (now: Date): Promise<number> => {
      const where = { expiresAt: { lt: daysBefore(now, keptDays) } }
      return removeInBatches((limit) => parts.db.mailToken.deleteMany({ where, limit }))
    },
    /** Removes registrations that expired long ago; gives how many there were. */
    removeExpiredRegistrations: (now: Date): Promise<number> => {
      const where = { expiresAt: { lt: daysBefore(now, keptDays) } }
      return removeInBatches((limit) => parts.db.registration.deleteMany({ where, limit }))
    },
  }
}
