import type { Actor } from '../../core/actor.js'
import { lockAccount } from './account.js'
import type { AuthParts } from './dependencies.js'
import { replacePassword } from './new-password.js'
import { proveOwnPassword, readOwnAccount, wrongPassword } from './own-password.js'
import type { ChangePassword } from './schema.js'

/** How users who are signed in change their password. */
export function createPasswordChange(parts: AuthParts) {
  const { db, passwords, audit } = parts
  return {
    /**
     * Replaces the actor's password and ends the actor's other sessions.
     *
     * @throws InvalidCredentialsError for a wrong current password, ValidationError, PasswordTooCommonError,
     *   ServiceUnavailableError
     */
    async changePassword(actor: Actor, { currentPassword, newPassword }: ChangePassword): Promise<void> {
      const { userId, sessionId, origin } = actor
      const user = await readOwnAccount(db, actor)
      // Costs nothing, so that it comes before the hash.
      passwords.assertAcceptable(newPassword, user, 'newPassword')
      await proveOwnPassword(parts, actor, user, currentPassword)
      const passwordHash = await passwords.hash(newPassword, origin)
      await db.$transaction(async (tx) => {
        const locked = await lockAccount(tx, userId)
        if (!locked || locked.passwordHash !== user.passwordHash) throw wrongPassword()
        const { emailVerifiedAt } = locked
        const kept = { reason: 'password.changed', keepSessionId: sessionId } as const
        await replacePassword(parts, tx, { user: locked, passwordHash, emailVerifiedAt, ...kept })
        await audit.record(tx, { type: 'password.changed', actorId: userId, userId, origin })
      })
    },
  }
}
