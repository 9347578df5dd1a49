import type { Origin } from '../../core/actor.js'
import type { Db, Transaction } from '../../core/database/client.js'
import { InvalidTokenError } from '../../core/errors.js'
import { mayMail } from '../../core/security/mail-limits.js'
import { hashToken } from '../../core/security/refresh-tokens.js'
import type { SessionUser } from '../sessions/rules.js'
import { findAccount, lockAccount } from './account.js'
import type { AuthParts } from './dependencies.js'
import type { AccountMail } from './mail-schema.js'
import { enqueueAccountMail } from './mails.js'
import { replacePassword } from './new-password.js'
import { dropRegistrations } from './registration-rows.js'
import type { EmailOnly, ResetPassword } from './schema.js'

/** How users who cannot log in set a password: with a link that was mailed to them. */
export function createPasswordReset(parts: AuthParts) {
  const { db, clock, audit, passwords, limits, throttle } = parts
  return {
    /**
     * Mails a link to a user who may use it, the same one again while it lives. The answer is the same for any address,
     * and so are the statements. Networks and browsers that have signed in before have mails of their own, so that
     * strangers cannot use them up.
     */
    async requestPasswordReset(origin: Origin, { email }: EmailOnly, device?: string): Promise<void> {
      const { ip } = origin
      const bucket = await throttle.bucketOf(email, { ip, device })
      const isWithinLimit = await mayMail(limits, { kind: 'password-reset', to: email, ip, bucket })
      await db.$transaction(async (tx) => {
        const user = await findAccount(tx, email)
        const isMailed = isWithinLimit && user?.disabledAt === null
        await enqueueAccountMail(tx, clock, isMailed ? resetMail(user) : null)
        const event = { type: 'password.reset_requested', actorId: null, userId: user?.id ?? null, origin } as const
        await audit.record(tx, { ...event, data: { isMailed } })
      })
    },

    /**
     * Sets the password of the user whom a mailed link belongs to, a reset's or an invitation's. It proves the address,
     * ends every session and link, and signs nobody in.
     *
     * @throws InvalidTokenError, ValidationError, PasswordTooCommonError, ServiceUnavailableError
     */
    async resetPassword(origin: Origin, { token, password }: ResetPassword): Promise<void> {
      const owner = await findOwner(parts, db, token)
      if (!owner) throw new InvalidTokenError()
      passwords.assertAcceptable(password, owner)
      const passwordHash = await passwords.hash(password, origin)
      const email = await db.$transaction((tx) => reset(parts, tx, { userId: owner.id, token, passwordHash, origin }))
      await throttle.clear(email, { ip: origin.ip })
    },
  }
}

function resetMail({ id: userId, email: to, name, emailVerifiedAt }: SessionUser): AccountMail {
  return { template: 'password-reset', to, params: { userId, name: emailVerifiedAt ? name : '' } }
}

interface Resetting {
  userId: string
  token: string
  passwordHash: string
  origin: Origin
}

// The link is looked at again once the user is locked, and is used up with all the others of the user: of many uses at
// once the first one succeeds.
async function reset(parts: AuthParts, tx: Transaction, input: Resetting): Promise<string> {
  const { userId, token, passwordHash, origin } = input
  await lockAccount(tx, userId)
  const user = await findOwner(parts, tx, token)
  if (!user) throw new InvalidTokenError()
  const emailVerifiedAt = user.emailVerifiedAt ?? parts.clock.now()
  await replacePassword(parts, tx, { user, passwordHash, emailVerifiedAt, reason: 'password.reset' })
  await dropRegistrations(tx, user.email)
  await parts.audit.record(tx, { type: 'password.reset', actorId: userId, userId, origin })
  return user.email
}

// Deleted and disabled users have no way back in through a link.
async function findOwner({ clock }: AuthParts, db: Db, token: string) {
  const found = await db.mailToken.findFirst({
    where: {
      tokenHash: hashToken(token),
      kind: { in: ['reset', 'invitation'] },
      usedAt: null,
      expiresAt: { gt: clock.now() },
    },
    select: { userId: true },
  })
  if (!found?.userId) return null
  return db.user.findFirst({ where: { id: found.userId, disabledAt: null } })
}
