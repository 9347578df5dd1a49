import type { Origin } from '../../core/actor.js'
import { mayMail } from '../../core/security/mail-limits.js'
import type { SessionUser } from '../sessions/session.js'
import { type AuthDependencies, findUserByEmail } from './credentials.js'
import type { AccountMail } from './mail-templates.js'
import { enqueueAccountMail } from './mails.js'
import type { EmailOnly } from './schema.js'

/**
 * Sends a reset link to the user, or the same one again while it is valid. The response and the statements are the same
 * for any address. Networks and browsers of former logins have a separate number of mails, so that strangers cannot use
 * them up.
 */
export async function requestPasswordReset(
  { db, clock, audit, limits, throttle }: AuthDependencies,
  origin: Origin,
  { email }: EmailOnly,
  device?: string,
): Promise<void> {
  const { ip } = origin
  const bucket = await throttle.bucketOf(email, { ip, device })
  const isWithinLimit = await mayMail(limits, { kind: 'password-reset', to: email, ip, bucket })
  await db.$transaction(async (tx) => {
    const user = await findUserByEmail(tx, email)
    const isMailed = isWithinLimit && user?.disabledAt === null
    await enqueueAccountMail(tx, clock, isMailed ? resetMail(user) : null)
    const event = { type: 'password.reset_requested', actorId: null, userId: user?.id ?? null, origin } as const
    await audit.record(tx, { ...event, data: { isMailed } })
  })
}

function resetMail({ id: userId, email: to, name, emailVerifiedAt }: SessionUser): AccountMail {
  return { template: 'password-reset', to, params: { userId, name: emailVerifiedAt ? name : '' } }
}
