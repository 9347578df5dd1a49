import type { Origin } from '../../context.js'
import type { Db, Transaction } from '../../database/client.js'
import { AppError } from '../../errors.js'
import { enqueueMail } from '../../mail/outbox.js'
import { hashToken } from '../../security/refresh-tokens.js'
import { chargeAccount, findAccount, lockAccount } from './account.js'
import { inEvenTime } from './even-time.js'
import { replacePassword } from './new-password.js'
import type { AuthParts } from './parts.js'
import { dropRegistrations } from './registration.js'
import type { EmailOnly, ResetPassword } from './schema.js'

const resetLimit = { name: 'account/reset', points: 3, windowSeconds: 3600 }

/** How users who cannot log in set a password: with a link that was mailed to them. */
export function createPasswordReset(parts: AuthParts) {
  const { db, passwords, limits, throttle } = parts
  return {
    /**
     * Mails a link to a user who may use it. The answer is the same for any address, and so is the limit.
     *
     * @throws AppError RATE_LIMITED
     */
    async requestPasswordReset(origin: Origin, { email }: EmailOnly): Promise<void> {
      await chargeAccount(limits, resetLimit, email)
      await inEvenTime(takeRequest(parts, origin, email))
    },

    /**
     * Sets the password of the user whom a mailed link belongs to, a reset's or an invitation's. It proves the address,
     * ends every session and link, and signs nobody in.
     *
     * @throws AppError INVALID_TOKEN, VALIDATION_ERROR, PASSWORD_TOO_COMMON, SERVICE_UNAVAILABLE
     */
    async resetPassword(origin: Origin, { token, password }: ResetPassword): Promise<void> {
      const owner = await findOwner(parts, db, token)
      if (!owner) throw new AppError('INVALID_TOKEN')
      passwords.assertAcceptable(password, owner)
      const passwordHash = await passwords.hash(password, origin)
      const email = await db.$transaction((tx) => reset(parts, tx, { userId: owner.id, token, passwordHash, origin }))
      await throttle.clear(email)
    },
  }
}

async function takeRequest(parts: AuthParts, origin: Origin, email: string): Promise<void> {
  await parts.db.$transaction(async (tx) => {
    const user = await findAccount(tx, email)
    if (user && user.disabledAt === null) await mailReset(parts, tx, user)
    const userId = user?.id ?? null
    await parts.audit.record(tx, { type: 'password.reset_requested', actorId: null, userId, origin })
  })
}

async function mailReset(
  { clock }: AuthParts,
  tx: Transaction,
  { id: userId, email: to, name }: { id: string; email: string; name: string },
): Promise<void> {
  await enqueueMail(tx, clock, { template: 'password-reset', to, params: { userId, name } })
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
  if (!user) throw new AppError('INVALID_TOKEN')
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
