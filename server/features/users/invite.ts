import type { Actor } from '../../core/actor.js'
import type { Clock } from '../../core/clock.js'
import type { Database, Transaction } from '../../core/database/client.js'
import { isUniqueViolation } from '../../core/database/errors.js'
import { EmailTakenError, ValidationError } from '../../core/errors.js'
import type { AuditService } from '../audit/service.js'
import { enqueueAccountMail } from '../auth/mails.js'
import { assertStillAdmin, lockStanding } from './lock.js'
import { type CreateUser, createUserSchema } from './schema.js'

interface Parts {
  db: Database
  clock: Clock
  audit: AuditService
}

/**
 * Writes an account without a password, and the invitation that sets one, in one transaction.
 *
 * @param actor the admin who invites; null where the operator's shell does
 * @throws EmailTakenError, ForbiddenError
 */
export async function inviteUser({ db, clock, audit }: Parts, actor: Actor | null, input: CreateUser) {
  const { email, name, role } = input
  const creation = db.$transaction(async (tx) => {
    await lockStanding(tx)
    if (actor) await assertStillAdmin(tx, actor)
    const user = await tx.user.create({ data: { email, name, role } })
    await mailInvitation(clock, tx, user)
    const event = { actorId: actor?.userId ?? null, origin: actor?.origin ?? null, userId: user.id }
    await audit.record(tx, { type: 'user.created', ...event, data: { email, role } })
    return user
  })
  return creation.catch(refuseTakenEmail)
}

/** Mails a link that sets a password and verifies the address. */
export async function mailInvitation(
  clock: Clock,
  tx: Transaction,
  { id: userId, email: to, name }: { id: string; email: string; name: string },
): Promise<void> {
  await enqueueAccountMail(tx, clock, { template: 'invitation', to, params: { userId, name } })
}

/**
 * Invites an admin from the operator's shell. This is how a fresh installation gets its first one.
 *
 * @throws ValidationError for a malformed address or name, EmailTakenError
 */
export async function inviteNewAdmin(parts: Parts, given: { email: string; name: string }) {
  const { success, data, error } = createUserSchema.safeParse({ ...given, role: 'admin' })
  if (success) return inviteUser(parts, null, data)
  throw new ValidationError({ message: error.issues.map(({ message }) => message).join(' ') })
}

/** @throws EmailTakenError for a unique violation, else what was thrown */
export function refuseTakenEmail(thrown: unknown): never {
  throw isUniqueViolation(thrown) ? new EmailTakenError({ cause: thrown }) : thrown
}
