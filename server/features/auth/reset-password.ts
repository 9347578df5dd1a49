import type { Origin } from '../../core/actor.js'
import type { Db, Transaction } from '../../core/database/client.js'
import { InvalidTokenError } from '../../core/errors.js'
import { hashToken } from '../../core/security/refresh-tokens.js'
import { endKeys } from '../api-keys/end-keys.js'
import { type AuthDependencies, lockAccount, replacePassword } from './credentials.js'
import { deleteRegistrations } from './registrations.js'
import type { ResetPassword } from './schema.js'

/**
 * Sets the password of the owner of a reset or invitation link. This also verifies the address, and ends every session
 * API key and link. It does not log in.
 *
 * @throws InvalidTokenError, ValidationError, PasswordTooCommonError, ServiceUnavailableError
 */
export async function resetPassword(
  dependencies: AuthDependencies,
  origin: Origin,
  { token, password }: ResetPassword,
): Promise<void> {
  const { db, passwords, throttle } = dependencies
  const owner = await findOwner(dependencies, db, token)
  if (!owner) throw new InvalidTokenError()
  passwords.assertAcceptable(password, owner)
  const passwordHash = await passwords.hash(password, origin)
  const input = { userId: owner.id, token, passwordHash, origin }
  const email = await db.$transaction((tx) => reset(dependencies, tx, input))
  await throttle.clear(email, { ip: origin.ip })
}

interface Resetting {
  userId: string
  token: string
  passwordHash: string
  origin: Origin
}

// The link is checked again once the user is locked, and revoked with all others of the user: of several concurrent
// uses, the first succeeds.
async function reset(dependencies: AuthDependencies, tx: Transaction, input: Resetting): Promise<string> {
  const { userId, token, passwordHash, origin } = input
  await lockAccount(tx, userId)
  const user = await findOwner(dependencies, tx, token)
  if (!user) throw new InvalidTokenError()
  const emailVerifiedAt = user.emailVerifiedAt ?? dependencies.clock.now()
  await replacePassword(dependencies, tx, { user, passwordHash, emailVerifiedAt, reason: 'password.reset' })
  // Whoever knew the former password may have created keys.
  await endKeys(tx, { userId, reason: 'password.reset', now: dependencies.clock.now() })
  await deleteRegistrations(tx, user.email)
  await dependencies.audit.record(tx, { type: 'password.reset', actorId: userId, userId, origin })
  return user.email
}

// Deleted and disabled users cannot use links.
async function findOwner({ clock }: AuthDependencies, db: Db, token: string) {
  const found = await db.mailToken.findFirst({
    where: {
      tokenHash: hashToken(token),
      kind: { in: ['reset', 'invitation'] },
      usedAt: null,
      expiresAt: { gt: clock.now() },
    },
    select: { userId: true },
  })
  if (!found?.userId) return null
  return db.user.findFirst({ where: { id: found.userId, disabledAt: null } })
}
