import type { Actor } from '../../context.js'
import type { Transaction } from '../../database/client.js'
import { AppError } from '../../errors.js'
import { enqueueMail } from '../../mail/outbox.js'
import type { AuditEventType } from '../audit/schema.js'
import { assertVersion } from '../fields/version.js'
import { endAccess, removeLocked } from './end-access.js'
import { inviteUser, refuseTakenEmail } from './invite.js'
import { isActiveAdmin, type LockedUser, lockUserForAdmin } from './lock.js'
import type { UsersParts } from './parts.js'
import type { CreateUser, UpdateUser, User } from './schema.js'
import { toUser } from './view.js'

/** What admins change of users. */
export function createAdministration(parts: UsersParts) {
  const { db, audit } = parts
  const update = (actor: Actor, input: UpdateUser) => change(parts, actor, input).catch(refuseTakenEmail)
  return {
    /** @throws AppError EMAIL_TAKEN */
    async create(actor: Actor, input: CreateUser): Promise<User> {
      return toUser(await inviteUser(parts, { actorId: actor.userId, origin: actor.origin }, input))
    },

    replace: update,
    update,

    /** @throws AppError NOT_FOUND, VERSION_MISMATCH, LAST_ADMIN */
    async remove(actor: Actor, { id, version }: { id: string; version?: number | undefined }): Promise<void> {
      await db.$transaction(async (tx) => {
        const locked = await lockUserForAdmin(tx, actor, id)
        assertVersion(locked.user.version, version)
        await removeLocked(parts, tx, { actor, ...locked })
      })
    },

    /** @throws AppError NOT_FOUND unless the user is removed, EMAIL_TAKEN */
    async restore(actor: Actor, { id }: { id: string }): Promise<User> {
      const restoration = db.$transaction(async (tx) => {
        const where = { id, deletedAt: { not: null } }
        const user = await tx.user.update({ where, data: { deletedAt: null, version: { increment: 1 } } })
        await audit.record(tx, { type: 'user.restored', ...namesOf(actor, user) })
        return toUser(user)
      })
      return restoration.catch(refuseTakenEmail)
    },
  }
}

/** @throws AppError NOT_FOUND, VERSION_MISMATCH, LAST_ADMIN */
async function change(parts: UsersParts, actor: Actor, input: UpdateUser): Promise<User> {
  const { db, clock } = parts
  return db.$transaction(async (tx) => {
    const { user, isLastAdmin } = await lockUserForAdmin(tx, actor, input.id)
    assertVersion(user.version, input.version)
    const next = apply(input, user, clock.now())
    if (isLastAdmin && !isActiveAdmin(next)) throw new AppError('LAST_ADMIN')
    const saved = await tx.user.update({ where: { id: user.id }, data: { ...next, version: { increment: 1 } } })
    await settle(parts, tx, { actor, before: user, after: saved })
    return toUser(saved)
  })
}

function apply({ email, name, role, status }: UpdateUser, user: LockedUser, now: Date) {
  const isDisabled = status === undefined ? user.disabledAt !== null : status === 'disabled'
  const isMoved = email !== undefined && email !== user.email
  return {
    email: email ?? user.email,
    name: name ?? user.name,
    role: role ?? user.role,
    disabledAt: isDisabled ? (user.disabledAt ?? now) : null,
    emailVerifiedAt: isMoved ? null : user.emailVerifiedAt,
  }
}

interface Change {
  actor: Actor
  before: LockedUser
  after: LockedUser
}

async function settle(parts: UsersParts, tx: Transaction, { actor, before, after }: Change): Promise<void> {
  const events = eventsOf(before, after)
  const reason = events.find((event) => endsAccess.has(event))
  // A new role leaves mailed links alone: an invitation that is still open would be lost with them.
  if (reason) await endAccess(parts, tx, { userId: after.id, reason })
  else if (events.includes('user.role_changed')) {
    await parts.sessions.endAll(tx, { userId: after.id, reason: 'user.role_changed' })
  }
  if (before.email !== after.email) await mailMove(parts, tx, before, after)
  for (const type of events) {
    await parts.audit.record(tx, { type, ...namesOf(actor, after), data: { role: after.role } })
  }
}

const endsAccess: ReadonlySet<AuditEventType> = new Set(['user.disabled', 'user.email_changed'])

function eventsOf(before: LockedUser, after: LockedUser): AuditEventType[] {
  const events: AuditEventType[] = []
  if (before.role !== after.role) events.push('user.role_changed')
  if (!before.disabledAt && after.disabledAt) events.push('user.disabled')
  if (before.disabledAt && !after.disabledAt) events.push('user.enabled')
  if (before.email !== after.email) events.push('user.email_changed')
  if (before.name !== after.name || events.length === 0) events.push('user.updated')
  return events
}

// The new address proves itself by an invitation, which sets a password and verifies; the old one learns of it.
async function mailMove({ clock }: UsersParts, tx: Transaction, before: LockedUser, after: LockedUser): Promise<void> {
  const { id: userId, name } = after
  await enqueueMail(tx, clock, { template: 'email-changed', to: before.email, params: { name } })
  await enqueueMail(tx, clock, { template: 'invitation', to: after.email, params: { userId, name } })
}

function namesOf({ userId, origin }: Actor, user: { id: string }) {
  return { actorId: userId, userId: user.id, origin }
}
