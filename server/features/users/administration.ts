import type { Actor } from '../../core/actor.js'
import type { Transaction } from '../../core/database/client.js'
import { assertVersion } from '../../core/fields/version.js'
import type { AuditEventType } from '../audit/schema.js'
import { enqueueAccountMail } from '../auth/mails.js'
import type { UsersParts } from './dependencies.js'
import { endAccess, removeLocked } from './end-access.js'
import { eraseUser } from './erase.js'
import { inviteUser, mailInvitation, refuseTakenEmail } from './invite.js'
import { assertAdminRemains, assertStillAdmin, type LockedUser, lockStanding, lockUser } from './lock.js'
import { resendInvitation } from './resend-invitation.js'
import type { CreateUser, UpdateUser, User } from './schema.js'
import { toUser } from './view.js'

/** What admins change of users. */
export function createAdministration(parts: UsersParts) {
  const { db, audit } = parts
  const update = (actor: Actor, input: UpdateUser) => change(parts, actor, input).catch(refuseTakenEmail)
  return {
    /** @throws EmailTakenError */
    async create(actor: Actor, input: CreateUser): Promise<User> {
      return toUser(await inviteUser(parts, actor, input))
    },

    /** @throws NotFoundError, ConflictError */
    resendInvitation: (actor: Actor, input: { id: string }) => resendInvitation(parts, actor, input),

    replace: update,
    update,

    /** @throws NotFoundError, VersionMismatchError, LastAdminError */
    async remove(actor: Actor, { id, version }: { id: string; version?: number | undefined }): Promise<void> {
      await db.$transaction(async (tx) => {
        await lockStanding(tx)
        await assertStillAdmin(tx, actor)
        const user = await lockUser(tx, id)
        assertVersion(user.version, version)
        await removeLocked(parts, tx, actor, user)
      })
    },

    /** @throws NotFoundError, ConflictError */
    erase: (actor: Actor, input: { id: string }) => eraseUser(parts, actor, input),

    /** @throws NotFoundError unless the user is removed and was not erased, EmailTakenError */
    async restore(actor: Actor, { id }: { id: string }): Promise<User> {
      const restoration = db.$transaction(async (tx) => {
        await lockStanding(tx)
        await assertStillAdmin(tx, actor)
        const where = { id, deletedAt: { not: null }, erasedAt: null }
        const user = await tx.user.update({ where, data: { deletedAt: null, version: { increment: 1 } } })
        await inviteIfUnproved(parts, tx, user)
        await audit.record(tx, { type: 'user.restored', ...namesOf(actor, user) })
        return toUser(user)
      })
      return restoration.catch(refuseTakenEmail)
    },
  }
}

/** @throws NotFoundError, VersionMismatchError, LastAdminError */
async function change(parts: UsersParts, actor: Actor, input: UpdateUser): Promise<User> {
  const { db, clock } = parts
  return db.$transaction(async (tx) => {
    if (mayChangeStanding(input)) await lockStanding(tx)
    await assertStillAdmin(tx, actor)
    const user = await lockUser(tx, input.id)
    assertVersion(user.version, input.version)
    const next = apply(input, user, clock.now())
    await assertAdminRemains(tx, user, { ...next, hasPassword: user.hasPassword })
    const saved = await tx.user.update({ where: { id: user.id }, data: { ...next, version: { increment: 1 } } })
    await settle(parts, tx, { actor, before: user, after: saved })
    return toUser(saved)
  })
}

function mayChangeStanding({ email, role, status }: UpdateUser): boolean {
  return email !== undefined || role !== undefined || status !== undefined
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
  after: Omit<LockedUser, 'hasPassword'>
}

async function settle(parts: UsersParts, tx: Transaction, { actor, before, after }: Change): Promise<void> {
  const events = eventsOf(before, after)
  const reason = events.find(({ type }) => endsAccess.has(type))?.type
  // A new role leaves mailed links alone: an invitation that is still open would be lost with them.
  if (reason) await endAccess(parts, tx, { userId: after.id, reason })
  else if (before.role !== after.role) {
    await parts.sessions.endAll(tx, { userId: after.id, reason: 'user.role_changed' })
  }
  const isMoved = before.email !== after.email
  if (isMoved) await mailFarewell(parts, tx, before)
  if (isMoved || before.disabledAt) await inviteIfUnproved(parts, tx, after)
  for (const event of events) await parts.audit.record(tx, { ...event, ...namesOf(actor, after) })
}

const endsAccess: ReadonlySet<AuditEventType> = new Set(['user.disabled', 'user.email_changed'])

interface Event {
  type: AuditEventType
  data?: { from: string; to: string }
}

/** What happened to a user, from what to what. */
function eventsOf(before: LockedUser, after: Change['after']): Event[] {
  const events: Event[] = [
    ...changeOf('user.role_changed', before.role, after.role),
    ...(!before.disabledAt && after.disabledAt ? [{ type: 'user.disabled' } as const] : []),
    ...(before.disabledAt && !after.disabledAt ? [{ type: 'user.enabled' } as const] : []),
    ...changeOf('user.email_changed', before.email, after.email),
    ...changeOf('user.updated', before.name, after.name),
  ]
  return events.length > 0 ? events : [{ type: 'user.updated' }]
}

function changeOf(type: AuditEventType, from: string, to: string): Event[] {
  return from === to ? [] : [{ type, data: { from, to } }]
}

async function mailFarewell({ clock }: UsersParts, tx: Transaction, before: LockedUser): Promise<void> {
  const { id: userId, email: to, name } = before
  await enqueueAccountMail(tx, clock, { template: 'email-changed', to, params: { userId, name } })
}

// An address that nobody has proved gets an invitation, which sets a password and verifies: when it is new, and when
// the account comes back, since links end with an account. A disabled one gets it when it is enabled.
async function inviteIfUnproved({ clock }: UsersParts, tx: Transaction, user: Change['after']): Promise<void> {
  if (user.emailVerifiedAt === null && user.disabledAt === null) await mailInvitation(clock, tx, user)
}

function namesOf({ userId, origin }: Actor, user: { id: string }) {
  return { actorId: userId, userId: user.id, origin }
}
