import type { Actor } from '../../core/actor.js'
import type { Clock } from '../../core/clock.js'
import type { Transaction } from '../../core/database/client.js'
import { ConflictError, EmailTakenError, ValidationError } from '../../core/errors.js'
import { createOnce } from '../../core/idempotency/create-once.js'
import { expectFound } from '../../core/rows/row.js'
import { refuseTaken } from '../../core/rows/taken.js'
import { mayMail } from '../../core/security/mail-limits.js'
import { doneBy } from '../audit/service.js'
import { revokeTokensAndUnsentMails } from '../auth/mail-tokens.js'
import { enqueueAccountMail } from '../auth/mails.js'
import type { UsersDependencies } from './dependencies.js'
import { assertStillAdmin, lockStanding, lockUser } from './lock.js'
import { profileOf } from './profile/schema.js'
import { type CreateUser, createUserSchema, type User, userSchema } from './schema.js'
import { toUser } from './view.js'

type InviteDependencies = Pick<UsersDependencies, 'db' | 'clock' | 'audit'>

/**
 * Creates an account without a password, and the invitation to set one, in one transaction.
 *
 * @param actor the admin who invites; null for the operator's shell
 * @throws EmailTakenError, ForbiddenError
 */
export async function inviteUser(
  { db, clock, audit }: InviteDependencies,
  actor: Actor | null,
  input: CreateUser,
): Promise<User> {
  const { email, role, ...profile } = input
  const creation = createOnce({ db, clock }, actor, { input, output: userSchema }, async (tx) => {
    await lockStanding(tx)
    if (actor) await assertStillAdmin(tx, actor)
    const user = await tx.user.create({ data: { email, ...profileOf(profile), role } })
    await mailInvitation(clock, tx, user)
    const by = actor ? doneBy(actor) : { actorId: null, origin: null }
    await audit.record(tx, { type: 'user.created', ...by, userId: user.id, data: { email, role } })
    return toUser(user)
  })
  return creation.catch(refuseTakenEmail)
}

/**
 * Invites an admin from the operator's shell. This is how the first admin of an installation is created.
 *
 * @throws ValidationError for a malformed address or name, EmailTakenError
 */
export async function inviteNewAdmin(dependencies: InviteDependencies, given: { email: string; name: string }) {
  const { success, data, error } = createUserSchema.safeParse({ ...given, role: 'admin' })
  if (success) return inviteUser(dependencies, null, data)
  throw new ValidationError({ message: error.issues.map(({ message }) => message).join(' ') })
}

/**
 * Sends an invitation again, whose link replaces the previous one. Beyond the limit of mails to an address nothing is
 * sent, and the previous link remains valid.
 *
 * @throws NotFoundError, ConflictError for an account that has a password or is disabled
 */
export async function resendInvitation(
  { db, clock, limits, audit }: UsersDependencies,
  actor: Actor,
  { id }: { id: string },
): Promise<void> {
  const found = await expectFound('User', db.user.findUnique({ where: { id }, omit: { passwordHash: false } }))
  assertInvitable({ ...found, hasPassword: found.passwordHash !== null })
  const isMailed = await mayMail(limits, { kind: 'invitation', to: found.email, ip: actor.origin.ip })
  await db.$transaction(async (tx) => {
    await assertStillAdmin(tx, actor)
    const user = await lockUser(tx, { id })
    assertInvitable(user)
    if (isMailed) await revokeTokensAndUnsentMails(tx, { userId: id, now: clock.now() })
    if (isMailed) await mailInvitation(clock, tx, user)
    await audit.record(tx, { type: 'user.invited', ...doneBy(actor), userId: id, data: { isMailed } })
  })
}

function assertInvitable({ hasPassword, disabledAt }: { hasPassword: boolean; disabledAt: Date | null }): void {
  if (hasPassword)
    throw new ConflictError({ message: 'This account already has a password. Use a password reset instead.' })
  if (disabledAt) throw new ConflictError({ message: 'This account is disabled. Enable it first.' })
}

/**
 * Invites a user whose address is not verified: after a change of address, and after a restoration, because links end
 * with the account. A disabled user is invited when the account is enabled.
 */
export async function inviteIfUnproved(
  clock: Clock,
  tx: Transaction,
  user: Invited & { emailVerifiedAt: Date | null; disabledAt: Date | null },
): Promise<void> {
  if (user.emailVerifiedAt === null && user.disabledAt === null) await mailInvitation(clock, tx, user)
}

interface Invited {
  id: string
  email: string
  name: string
}

/** Turns the violation of the unique address of living users into an error of the API. */
export const refuseTakenEmail = refuseTaken({ User_email_key: EmailTakenError })

// Sends a link that sets a password and verifies the address.
async function mailInvitation(clock: Clock, tx: Transaction, { id: userId, email: to, name }: Invited): Promise<void> {
  await enqueueAccountMail(tx, clock, { template: 'invitation', to, params: { userId, name } })
}
