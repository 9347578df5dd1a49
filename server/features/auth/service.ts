import type { Actor, Origin } from '../../core/actor.js'
import { changePassword } from './change-password.js'
import { confirmEmailChange } from './confirm-email-change.js'
import type { AuthDependencies } from './credentials.js'
import { type LoginBrowser, login } from './login.js'
import { removeExpiredMailTokens } from './mail-tokens.js'
import { register } from './register.js'
import { removeExpiredRegistrations } from './registrations.js'
import { requestEmailChange } from './request-email-change.js'
import { requestPasswordReset } from './request-password-reset.js'
import { resendVerification } from './resend-verification.js'
import { resetPassword } from './reset-password.js'
import type {
  ChangePassword,
  EmailOnly,
  Login,
  Register,
  RequestEmailChange,
  ResetPassword,
  VerifyEmail,
} from './schema.js'
import { verifyEmail } from './verify-email.js'

export type AuthService = ReturnType<typeof createAuthService>

/**
 * The verbs of accounts: registration, login, and changes of credentials. A `mark` is the cookie of the browser's
 * registration, `device` that of a former login.
 */
export function createAuthService(dependencies: AuthDependencies) {
  const { db } = dependencies
  return {
    register: (origin: Origin, input: Register) => register(dependencies, origin, input),
    resendVerification: (origin: Origin, input: EmailOnly, mark?: string) =>
      resendVerification(dependencies, origin, input, mark),
    verifyEmail: (origin: Origin, input: VerifyEmail, mark?: string) => verifyEmail(dependencies, origin, input, mark),
    login: (origin: Origin, input: Login, browser?: LoginBrowser) => login(dependencies, origin, input, browser),
    requestPasswordReset: (origin: Origin, input: EmailOnly, device?: string) =>
      requestPasswordReset(dependencies, origin, input, device),
    resetPassword: (origin: Origin, input: ResetPassword) => resetPassword(dependencies, origin, input),
    changePassword: (actor: Actor, input: ChangePassword) => changePassword(dependencies, actor, input),
    requestEmailChange: (actor: Actor, input: RequestEmailChange) => requestEmailChange(dependencies, actor, input),
    confirmEmailChange: (origin: Origin, input: VerifyEmail, mark?: string) =>
      confirmEmailChange(dependencies, origin, input, mark),
    removeExpiredTokens: (before: Date) => removeExpiredMailTokens(db, before),
    removeExpiredRegistrations: (before: Date) => removeExpiredRegistrations(db, before),
  }
}
