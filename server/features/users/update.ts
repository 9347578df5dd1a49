import type { Actor } from '../../core/actor.js'
import type { Clock } from '../../core/clock.js'
import type { Transaction } from '../../core/database/client.js'
import { given, isUnchanged } from '../../core/rows/row.js'
import type { AuditEventType } from '../audit/schema.js'
import { doneBy } from '../audit/service.js'
import { enqueueAccountMail } from '../auth/mails.js'
import type { UsersDependencies } from './dependencies.js'
import { inviteIfUnproved, refuseTakenEmail } from './invite.js'
import { assertAdminRemains, assertStillAdmin, type LockedUser, lockStanding, lockUser } from './lock.js'
import { profileOf } from './profile/schema.js'
import { endAccess } from './remove.js'
import type { UpdateUser, User } from './schema.js'
import { renamingOf, toUser } from './view.js'

/**
 * Changes the fields that are given. Who is disabled or moved to another address loses their access. Without a change
 * the user stays as it is, and nothing is recorded.
 *
 * @throws NotFoundError, VersionMismatchError, LastAdminError, EmailTakenError
 */
export async function updateUser(dependencies: UsersDependencies, actor: Actor, input: UpdateUser): Promise<User> {
  const { db, clock } = dependencies
  const update = db.$transaction(async (tx) => {
    if (mayChangeStanding(input)) await lockStanding(tx)
    await assertStillAdmin(tx, actor)
    const user = await lockUser(tx, input)
    const next = apply(input, user, clock.now())
    if (isUnchanged(user, next)) return toUser(user)
    await assertAdminRemains(tx, user, next)
    const saved = await tx.user.update({ where: { id: user.id }, data: { ...next, version: { increment: 1 } } })
    await settle(dependencies, tx, { actor, before: user, after: saved })
    return toUser(saved)
  })
  return update.catch(refuseTakenEmail)
}

function mayChangeStanding({ email, role, status }: UpdateUser): boolean {
  return email !== undefined || role !== undefined || status !== undefined
}

function apply(
  { id: _id, version: _version, email, role, status, ...profile }: UpdateUser,
  user: LockedUser,
  now: Date,
) {
  const isDisabled = status === undefined ? user.disabledAt !== null : status === 'disabled'
  const isMoved = email !== undefined && email !== user.email
  return {
    email: email ?? user.email,
    ...profileOf({ ...user, ...given(profile) }),
    role: role ?? user.role,
    disabledAt: isDisabled ? (user.disabledAt ?? now) : null,
    emailVerifiedAt: isMoved ? null : user.emailVerifiedAt,
  }
}

interface Change {
  actor: Actor
  before: LockedUser
  after: Omit<LockedUser, 'hasPassword'>
}

async function settle(
  dependencies: UsersDependencies,
  tx: Transaction,
  { actor, before, after }: Change,
): Promise<void> {
  const { sessions, clock, audit } = dependencies
  const events = eventsOf(before, after)
  const reason = events.find(({ type }) => endsAccess.has(type))?.type
  // A new role does not revoke mailed links, because an open invitation would be lost.
  if (reason) await endAccess(dependencies, tx, { userId: after.id, reason })
  else if (before.role !== after.role) await sessions.endAll(tx, { userId: after.id, reason: 'user.role_changed' })
  const isMoved = before.email !== after.email
  if (isMoved) await mailFarewell(clock, tx, before)
  if (isMoved || before.disabledAt) await inviteIfUnproved(clock, tx, after)
  for (const event of events) await audit.record(tx, { ...event, ...doneBy(actor), userId: after.id })
}

const endsAccess: ReadonlySet<AuditEventType> = new Set(['user.disabled', 'user.email_changed'])

interface Event {
  type: AuditEventType
  data?: { from?: string; to?: string }
}

/** The change of a user, with old and new values. */
function eventsOf(before: LockedUser, after: Change['after']): Event[] {
  return [
    ...changeOf('user.role_changed', before.role, after.role),
    ...(!before.disabledAt && after.disabledAt ? [{ type: 'user.disabled' } as const] : []),
    ...(before.disabledAt && !after.disabledAt ? [{ type: 'user.enabled' } as const] : []),
    ...changeOf('user.email_changed', before.email, after.email),
    ...profileChange(before, after),
  ]
}

function profileChange(before: LockedUser, after: Change['after']): Event[] {
  if (isUnchanged(before, profileOf(after))) return []
  return [{ type: 'user.updated', data: renamingOf(before, after) }]
}

function changeOf(type: AuditEventType, from: string, to: string): Event[] {
  return from === to ? [] : [{ type, data: { from, to } }]
}

async function mailFarewell(clock: Clock, tx: Transaction, before: LockedUser): Promise<void> {
  const { id: userId, email: to, name } = before
  await enqueueAccountMail(tx, clock, { template: 'email-changed', to, params: { userId, name } })
}
