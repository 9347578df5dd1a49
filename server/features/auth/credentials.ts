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

/** The dependencies of the verbs of auth. */
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

/** Returns a user who is not deleted by address, with the password hash; null if there is none. */
export function findUserByEmail(db: Db, email: string) {
  return db.user.findFirst({ where: { email }, omit: { passwordHash: false } })
}

/**
 * Locks a user who is not deleted, and returns the row with the password hash; null if there is none. Every change of
 * an account first locks its row, and then its sessions, mails and tokens, so that no two changes wait for each other.
 */
export async function lockAccount(tx: Transaction, id: string) {
  await tx.$queryRaw`
    SELECT u."id" FROM "User" u WHERE u."id" = ${id}::uuid AND u."deletedAt" IS NULL FOR NO KEY UPDATE`
  return tx.user.findUnique({ where: { id }, omit: { passwordHash: false } })
}

type OwnAccount = Awaited<ReturnType<typeof readOwnAccount>>

/** Reads the account of the actor with the hash to compare. A later change must find the same hash. */
export function readOwnAccount(db: Database, { userId }: Actor) {
  return db.user.findUniqueOrThrow({ where: { id: userId }, omit: { passwordHash: false } })
}

/**
 * Checks the password of a logged-in user again (OWASP ASVS 7.5.1). A wrong one is recorded in the audit trail.
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

/** The error for a wrong password of a logged-in user. */
export function wrongPassword(): AppError {
  return new InvalidCredentialsError({ message: 'The current password is wrong.' })
}

interface NewPassword {
  /** A row that the caller has locked. */
  user: SessionUser
  passwordHash: string
  emailVerifiedAt: Date | null
  reason: AuditEventType
  keepSessionId?: string | null
}

/** Sets a new password, ends all sessions and mailed links, and informs the user by mail. */
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
  const kept = keepSessionId ? { exceptSessionId: keepSessionId } : {}
  await sessions.endAll(tx, { userId, reason, ...kept })
  await revokeTokensAndUnsentMails(tx, { userId, now: clock.now() })
  await enqueueAccountMail(tx, clock, { template: 'password-changed', to, params: { userId, name } })
}
