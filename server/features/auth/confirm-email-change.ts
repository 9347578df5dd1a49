import type { Origin } from '../../core/actor.js'
import type { Transaction } from '../../core/database/client.js'
import { EmailTakenError, InvalidTokenError } from '../../core/errors.js'
import { refuseTaken } from '../../core/rows/taken.js'
import { hashToken } from '../../core/security/refresh-tokens.js'
import { type AuthDependencies, lockAccount } from './credentials.js'
import { consumeMailToken, revokeTokensAndUnsentMails } from './mail-tokens.js'
import { enqueueAccountMail } from './mails.js'
import { deleteRegistrations, findPendingRegistration, readRegistrationMark } from './registrations.js'
import type { VerifyEmail } from './schema.js'

/**
 * Changes the address of the account to the one that received the link. Other sessions and links end, and the old
 * address is informed. A browser with a pending registration of the address is rejected, because the link belongs to
 * the account of another person.
 *
 * @throws InvalidTokenError, EmailTakenError
 */
export async function confirmEmailChange(
  dependencies: AuthDependencies,
  origin: Origin,
  { token }: VerifyEmail,
  mark?: string,
): Promise<void> {
  const { db, throttle } = dependencies
  const email = await db
    .$transaction((tx) => changeEmail(dependencies, tx, { token, origin, mark }))
    .catch(refuseTaken({ User_email_key: EmailTakenError }))
  await throttle.clear(email, { ip: origin.ip })
}

const registeredHere =
  'This link moves an account to an email address that was registered in this browser. Open the link of that registration, or use another browser.'

async function changeEmail(
  { clock, audit, sessions, tokenSecret }: AuthDependencies,
  tx: Transaction,
  { token, origin, mark }: { token: string; origin: Origin; mark: string | undefined },
): Promise<string> {
  const now = clock.now()
  // Every change of an account locks the account before its tokens.
  const found = await tx.mailToken.findUnique({ where: { tokenHash: hashToken(token) }, select: { userId: true } })
  const user = found?.userId ? await lockAccount(tx, found.userId) : null
  const link = await consumeMailToken(tx, { token, kinds: ['email_change'], now })
  if (!user || user.disabledAt || !link?.email) throw new InvalidTokenError()
  const registration = { id: readRegistrationMark(tokenSecret, mark), email: link.email, now }
  if (await findPendingRegistration(tx, registration)) throw new InvalidTokenError({ message: registeredHere })
  const { id: userId, name, email: from } = user
  // Before the change, in the same order as when a registration becomes an account, so that no two wait for each other.
  await deleteRegistrations(tx, link.email)
  const data = { email: link.email, emailVerifiedAt: now, version: { increment: 1 } }
  await tx.user.update({ where: { id: userId }, data })
  const kept = link.sessionId === null ? {} : { exceptSessionId: link.sessionId }
  await sessions.endAll(tx, { userId, reason: 'user.email_changed', ...kept })
  await revokeTokensAndUnsentMails(tx, { userId, now })
  await enqueueAccountMail(tx, clock, { template: 'email-changed', to: from, params: { userId, name } })
  const change = { from, to: link.email }
  await audit.record(tx, { type: 'user.email_changed', actorId: userId, userId, origin, data: change })
  return link.email
}
