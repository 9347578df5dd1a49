import type { Actor } from '../../core/actor.js'
import {
  type AuthDependencies,
  lockAccount,
  proveOwnPassword,
  readOwnAccount,
  replacePassword,
  wrongPassword,
} from './credentials.js'
import type { ChangePassword } from './schema.js'

/**
 * Replaces the actor's password and ends the actor's other sessions.
 *
 * @throws InvalidCredentialsError for a wrong current password, ValidationError, PasswordTooCommonError,
 *   ServiceUnavailableError
 */
export async function changePassword(
  dependencies: AuthDependencies,
  actor: Actor,
  { currentPassword, newPassword }: ChangePassword,
): Promise<void> {
  const { db, passwords, audit } = dependencies
  const { userId, sessionId, origin } = actor
  const user = await readOwnAccount(db, actor)
  // This check costs nothing, so it comes before the hash.
  passwords.assertAcceptable(newPassword, user, 'newPassword')
  await proveOwnPassword(dependencies, actor, user, currentPassword)
  const passwordHash = await passwords.hash(newPassword, origin)
  await db.$transaction(async (tx) => {
    const locked = await lockAccount(tx, userId)
    if (!locked || locked.passwordHash !== user.passwordHash) throw wrongPassword()
    const { emailVerifiedAt } = locked
    const kept = { reason: 'password.changed', keepSessionId: sessionId } as const
    await replacePassword(dependencies, tx, { user: locked, passwordHash, emailVerifiedAt, ...kept })
    await audit.record(tx, { type: 'password.changed', actorId: userId, userId, origin })
  })
}
