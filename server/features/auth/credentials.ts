import type { Actor } from '../../core/actor.js'
import type { Clock } from '../../core/clock.js'
import type { Database, Db, Transaction } from '../../core/database/client.js'
import { type AppError, InvalidCredentialsError } from '../../core/errors.js'
import type { Logger } from '../../core/logger.js'
import type { LoginThrottle } from '../../core/security/login-throttle.js'
import type { Passwords } from '../../core/security/passwords.js'
import type { RateLimits } from '../../core/security/rate-limits.js'
import type { AuditEventType } from '../audit/schema.js'
import type { AuditService } from '../audit/service.js'
import type { SessionsService } from '../sessions/service.js'
import type { SessionUser } from '../sessions/session.js'
import { revokeTokensAndUnsentMails } from './mail-tokens.js'
import { enqueueAccountMail } from './mails.js'

/** What the verbs of auth work with. */
export interface AuthDependencies {
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

/** A living user by address, with the password's hash; null if there is none. */
export function findUserByEmail(db: Db, email: string) {
  return db.user.findFirst({ where: { email }, omit: { passwordHash: false } })
}

/**
 * Locks a living user for a change, and gives the row with the password's hash; null if there is none. What changes an
 * account locks it first, and then touches its sessions, mails and tokens, so that no two changes wait for each other.
 */
export async function lockUser(tx: Transaction, id: string) {
  await tx.$queryRaw`
    SELECT u."id" FROM "User" u WHERE u."id" = ${id}::uuid AND u."deletedAt" IS NULL FOR NO KEY UPDATE`
  return tx.user.findUnique({ where: { id }, omit: { passwordHash: false } })
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
  { db, passwords, audit }: Pick<AuthDependencies, 'db' | 'passwords' | 'audit'>,
  { userId, origin }: Actor,
  account: OwnAccount,
  password: string,
): Promise<void> {
  if (await passwords.verify(password, account.passwordHash, origin)) return
  await audit.record(db, { type: 'password.refused', actorId: userId, userId, origin })
  throw wrongPassword()
}

/** The error for a password that is not that of the user who is signed in. */
export function wrongPassword(): AppError {
  return new InvalidCredentialsError({ message: 'The current password is wrong.' })
}

interface NewPassword {
  /** Locked by the caller. */
  user: SessionUser
  passwordHash: string
  emailVerifiedAt: Date | null
  reason: AuditEventType
  keepSessionId?: string
}

/**
 * Gives a user another password and ends what the old one let in: sessions, mailed links. The user is told by mail.
 */
export async function replacePassword(
  { clock, sessions }: AuthDependencies,
  tx: Transaction,
  { user, passwordHash, emailVerifiedAt, reason, keepSessionId }: NewPassword,
): Promise<void> {
  const { id: userId, email: to, name } = user
  await tx.user.update({
    where: { id: userId },
    data: { passwordHash, emailVerifiedAt, version: { increment: 1 } },
  })
  const kept = keepSessionId === undefined ? {} : { exceptSessionId: keepSessionId }
  await sessions.endAll(tx, { userId, reason, ...kept })
  await revokeTokensAndUnsentMails(tx, { userId, now: clock.now() })
  await enqueueAccountMail(tx, clock, { template: 'password-changed', to, params: { userId, name } })
}
