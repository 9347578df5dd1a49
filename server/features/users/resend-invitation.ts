import type { Actor } from '../../core/actor.js'
import { ConflictError, NotFoundError } from '../../core/errors.js'
import { mayMail } from '../../core/security/mail-limits.js'
import { killMailTokens } from '../auth/mail-tokens.js'
import type { UsersParts } from './dependencies.js'
import { mailInvitation } from './invite.js'
import { assertStillAdmin, lockUser } from './lock.js'

/**
 * Mails an invitation again, whose link takes the place of the one before. Beyond the limit of mails to one address
 * nothing is mailed, and the link before goes on working.
 *
 * @throws NotFoundError, ConflictError for an account that has a password or is disabled
 */
export async function resendInvitation(parts: UsersParts, actor: Actor, { id }: { id: string }): Promise<void> {
  const { db, clock, limits, audit } = parts
  const found = await db.user.findUnique({ where: { id }, omit: { passwordHash: false } })
  if (!found) throw new NotFoundError({ resource: 'User' })
  assertInvitable({ ...found, hasPassword: found.passwordHash !== null })
  const isMailed = await mayMail(limits, { kind: 'invitation', to: found.email, ip: actor.origin.ip })
  await db.$transaction(async (tx) => {
    await assertStillAdmin(tx, actor)
    const user = await lockUser(tx, id)
    assertInvitable(user)
    if (isMailed) await killMailTokens(tx, { userId: id, now: clock.now() })
    if (isMailed) await mailInvitation(clock, tx, user)
    const { userId: actorId, origin } = actor
    await audit.record(tx, { type: 'user.invited', actorId, userId: id, origin, data: { isMailed } })
  })
}

function assertInvitable({ hasPassword, disabledAt }: { hasPassword: boolean; disabledAt: Date | null }): void {
  if (hasPassword)
    throw new ConflictError({ message: 'This account already has a password. Use a password reset instead.' })
  if (disabledAt) throw new ConflictError({ message: 'This account is disabled. Enable it first.' })
}
