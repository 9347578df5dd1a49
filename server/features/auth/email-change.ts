import type { Actor, Origin } from '../../core/actor.js'
import type { Transaction } from '../../core/database/client.js'
import { isUniqueViolation } from '../../core/database/errors.js'
import { EmailTakenError, InvalidTokenError } from '../../core/errors.js'
import { mayMail } from '../../core/security/mail-limits.js'
import { hashToken } from '../../core/security/refresh-tokens.js'
import { lockAccount } from './account.js'
import type { AuthParts } from './dependencies.js'
import { consumeMailToken, killMailTokens } from './mail-tokens.js'
import { enqueueAccountMail } from './mails.js'
import { proveOwnPassword, readOwnAccount, wrongPassword } from './own-password.js'
import { dropRegistrations, findPending, readRegistrationMark } from './registration-rows.js'
import type { RequestEmailChange, VerifyEmail } from './schema.js'

/** How users move their account to another address: it counts once the new one is proved. */
export function createEmailChange(parts: AuthParts) {
  const { db, clock, limits, audit, throttle } = parts
  return {
    /**
     * Mails a link to the new address and a notice to the present one. Whether the new one is taken is not looked at
     * here, so that nothing can tell; an older request for another address ends.
     *
     * @throws InvalidCredentialsError for a wrong password, ServiceUnavailableError
     */
    async requestEmailChange(actor: Actor, { email: to, currentPassword }: RequestEmailChange): Promise<void> {
      const { userId, sessionId, origin } = actor
      const user = await readOwnAccount(db, actor)
      await proveOwnPassword(parts, actor, user, currentPassword)
      const isTold = await mayMail(limits, { kind: 'email-change-requested', to: user.email, ip: origin.ip })
      // No link without its notice, however many mails this network has asked for.
      const isMailed = isTold && (await mayMail(limits, { kind: 'email-change', to, ip: origin.ip }))
      await db.$transaction(async (tx) => {
        const locked = await lockAccount(tx, userId)
        if (!locked || locked.passwordHash !== user.passwordHash) throw wrongPassword()
        await endOtherRequests(tx, { userId, email: to, now: clock.now() })
        await enqueueAccountMail(
          tx,
          clock,
          isMailed ? { template: 'email-change', to, params: { userId, sessionId } } : null,
        )
        const notice = { to: locked.email, params: { userId, name: locked.name } }
        await enqueueAccountMail(tx, clock, isTold ? { template: 'email-change-requested', ...notice } : null)
        const data = { to, isMailed }
        await audit.record(tx, { type: 'user.email_change_requested', actorId: userId, userId, origin, data })
      })
    },

    /**
     * Gives the account the address that the link was mailed to. Its other sessions and links end, and the old address
     * is told. A browser that waits for its own registration of the address is refused: the link is that of somebody
     * else's account.
     *
     * @throws InvalidTokenError, EmailTakenError
     */
    async confirmEmailChange(origin: Origin, { token }: VerifyEmail, mark?: string): Promise<void> {
      const email = await db
        .$transaction((tx) => move(parts, tx, { token, origin, mark }))
        .catch((error: unknown) => {
          throw isUniqueViolation(error) ? new EmailTakenError({ cause: error }) : error
        })
      await throttle.clear(email, { ip: origin.ip })
    },
  }
}

interface Requested {
  userId: string
  email: string
  now: Date
}

async function endOtherRequests(tx: Transaction, { userId, email, now }: Requested): Promise<void> {
  const waiting = { template: 'email-change', to: { not: email }, userId }
  await tx.outboxMail.deleteMany({ where: { ...waiting, status: { in: ['pending', 'dead'] } } })
  const others = { userId, kind: 'email_change', email: { not: email }, usedAt: null } as const
  await tx.mailToken.updateMany({ where: others, data: { usedAt: now } })
}

const registeredHere =
  'This link moves an account to an email address that was registered in this browser. Open the link of that registration, or use another browser.'

async function move(
  parts: AuthParts,
  tx: Transaction,
  { token, origin, mark }: { token: string; origin: Origin; mark: string | undefined },
): Promise<string> {
  const { clock, audit, sessions } = parts
  const now = clock.now()
  // The account is locked before its tokens, as wherever an account changes.
  const found = await tx.mailToken.findUnique({ where: { tokenHash: hashToken(token) }, select: { userId: true } })
  const user = found?.userId ? await lockAccount(tx, found.userId) : null
  const link = await consumeMailToken(tx, { token, kinds: ['email_change'], now })
  if (!user || user.disabledAt || !link?.email) throw new InvalidTokenError()
  const registration = { id: readRegistrationMark(parts.tokenSecret, mark), email: link.email, now }
  if (await findPending(tx, registration)) throw new InvalidTokenError({ message: registeredHere })
  const { id: userId, name, email: from } = user
  // Before the address is taken, as where a registration becomes an account: in one order, no two wait for each other.
  await dropRegistrations(tx, link.email)
  const data = { email: link.email, emailVerifiedAt: now, version: { increment: 1 } }
  await tx.user.update({ where: { id: userId }, data })
  const kept = link.sessionId === null ? {} : { exceptSessionId: link.sessionId }
  await sessions.endAll(tx, { userId, reason: 'user.email_changed', ...kept })
  await killMailTokens(tx, { userId, now })
  await enqueueAccountMail(tx, clock, { template: 'email-changed', to: from, params: { userId, name } })
  const change = { from, to: link.email }
  await audit.record(tx, { type: 'user.email_changed', actorId: userId, userId, origin, data: change })
  return link.email
}
