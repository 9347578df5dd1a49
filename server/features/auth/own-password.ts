import type { Actor } from '../../core/actor.js'
import type { Database } from '../../core/database/client.js'
import { type AppError, InvalidCredentialsError } from '../../core/errors.js'
import type { Passwords } from '../../core/security/passwords.js'
import type { AuditService } from '../audit/service.js'

interface Parts {
  db: Database
  passwords: Passwords
  audit: AuditService
}

type OwnAccount = Awaited<ReturnType<typeof readOwnAccount>>

/** Reads the actor's account with the hash that is compared: what follows has to find it unchanged. */
export function readOwnAccount(db: Database, { userId }: Actor) {
  return db.user.findUniqueOrThrow({ where: { id: userId }, omit: { passwordHash: false } })
}

/**
 * Asks people who are signed in for their password once more (OWASP ASVS 7.5.1). A wrong one leaves an event.
 *
 * @throws InvalidCredentialsError, ServiceUnavailableError
 */
export async function proveOwnPassword(
  parts: Parts,
  actor: Actor,
  account: OwnAccount,
  password: string,
): Promise<void> {
  const { db, passwords, audit } = parts
  const { userId, origin } = actor
  if (await passwords.verify(password, account.passwordHash, origin)) return
  await audit.record(db, { type: 'password.refused', actorId: userId, userId, origin })
  throw wrongPassword()
}

export function wrongPassword(): AppError {
  return new InvalidCredentialsError({ message: 'The current password is wrong.' })
}
