import type { AuthParts } from './dependencies.js'
import { createEmailChange } from './email-change.js'
import { createLogin } from './login.js'
import { createPasswordChange } from './password-change.js'
import { createPasswordReset } from './password-reset.js'
import { createRegistration } from './registration.js'
import { createVerification } from './verify-email.js'

/** How people get accounts, prove who they are, and change what they prove it with. */
export function createAuthService(parts: AuthParts) {
  return {
    ...createRegistration(parts),
    ...createVerification(parts),
    ...createLogin(parts),
    ...createPasswordReset(parts),
    ...createPasswordChange(parts),
    ...createEmailChange(parts),
  }
}
