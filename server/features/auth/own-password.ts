import type { Actor } from '../../context.js'
import type { Database } from '../../database/client.js'
import { type AppError, InvalidCredentialsError } from '../../errors.js'
import type { Passwords } from '../../security/passwords.js'
import type { AuditService } from '../audit/service.js'

interface Parts {
  db: Database
  passwords: Passwords
  audit: AuditService
}

/**
 * Asks people who are signed in for their password once more (OWASP ASVS 7.5.1). A wrong one leaves an event.
 *
 * @returns the account with the hash that was compared: what follows has to find it unchanged
 * @throws InvalidCredentialsError, ServiceUnavailableError
 */
export async function proveOwnPassword({ db, passwords, audit }: Parts, actor: Actor, password: string) {
  const { userId, origin } = actor
  const user = await db.user.findUniqueOrThrow({ where: { id: userId }, omit: { passwordHash: false } })
  if (await passwords.verify(password, user.passwordHash, origin)) return user
  await audit.record(db, { type: 'password.refused', actorId: userId, userId, origin })
  throw wrongPassword()
}

export function wrongPassword(): AppError {
  return new InvalidCredentialsError({ message: 'The current password is wrong.' })
}
