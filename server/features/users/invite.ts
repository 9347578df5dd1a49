import type { Clock } from '../../clock.js'
import type { Origin } from '../../context.js'
import type { Database } from '../../database/client.js'
import { isUniqueViolation } from '../../database/errors.js'
import { AppError } from '../../errors.js'
import { enqueueMail } from '../../mail/outbox.js'
import type { AuditService } from '../audit/service.js'
import { type CreateUser, createUserSchema } from './schema.js'

interface Parts {
  db: Database
  clock: Clock
  audit: AuditService
}

/** Who invites, for the audit trail; nobody where the operator's shell does. */
interface Inviter {
  actorId: string | null
  origin: Origin | null
}

/**
 * Writes an account without a password, and the invitation that sets one, in one transaction.
 *
 * @throws AppError EMAIL_TAKEN
 */
export async function inviteUser({ db, clock, audit }: Parts, inviter: Inviter, { email, name, role }: CreateUser) {
  const creation = db.$transaction(async (tx) => {
    const user = await tx.user.create({ data: { email, name, role } })
    await enqueueMail(tx, clock, { template: 'invitation', to: email, params: { userId: user.id, name } })
    await audit.record(tx, { type: 'user.created', ...inviter, userId: user.id, data: { role } })
    return user
  })
  return creation.catch(refuseTakenEmail)
}

/**
 * Invites an admin from the operator's shell. This is how a fresh installation gets its first one.
 *
 * @throws AppError VALIDATION_ERROR for a malformed address or name, EMAIL_TAKEN
 */
export async function inviteNewAdmin(parts: Parts, given: { email: string; name: string }) {
  const { success, data, error } = createUserSchema.safeParse({ ...given, role: 'admin' })
  if (success) return inviteUser(parts, { actorId: null, origin: null }, data)
  throw new AppError('VALIDATION_ERROR', { message: error.issues.map(({ message }) => message).join(' ') })
}

/** @throws AppError EMAIL_TAKEN for a unique violation, else what was thrown */
export function refuseTakenEmail(thrown: unknown): never {
  throw isUniqueViolation(thrown) ? new AppError('EMAIL_TAKEN', { cause: thrown }) : thrown
}
