import type { Origin } from '../../core/actor.js'
import type { Transaction } from '../../core/database/client.js'
import { InvalidTokenError } from '../../core/errors.js'
import { refuseTaken } from '../../core/rows/taken.js'
import { hashToken } from '../../core/security/refresh-tokens.js'
import { profileOf } from '../users/profile/schema.js'
import type { AuthDependencies } from './credentials.js'
import { consumeMailToken } from './mail-tokens.js'
import { enqueueAccountMail } from './mails.js'
import { deleteRegistrations, findPendingRegistration, readRegistrationMark } from './registrations.js'
import type { VerifyEmail } from './schema.js'

/**
 * Creates the user from the registration of a link, and deletes all other registrations of the address. A browser with
 * another registration of the address is rejected, because the link belongs to another person. If its own link was
 * never sent, because strangers used up the mails, this link creates the user without a password.
 *
 * @throws InvalidTokenError
 */
export async function verifyEmail(
  dependencies: AuthDependencies,
  origin: Origin,
  { token }: VerifyEmail,
  mark?: string,
): Promise<void> {
  const { db, throttle, tokenSecret } = dependencies
  const ownId = readRegistrationMark(tokenSecret, mark)
  const email = await db
    .$transaction((tx) => createVerifiedUser(dependencies, tx, { token, ownId, origin }))
    .catch(refuseTaken({ User_email_key: InvalidTokenError }))
  await throttle.clear(email, { ip: origin.ip })
}

interface Verifying {
  token: string
  ownId: string | null
  origin: Origin
}

async function createVerifiedUser(
  dependencies: AuthDependencies,
  tx: Transaction,
  { token, ownId, origin }: Verifying,
): Promise<string> {
  const now = dependencies.clock.now()
  await lockRegistrationsBeside(tx, token)
  const consumed = await consumeMailToken(tx, { token, kinds: ['verification'], now })
  const registration = await findPendingRegistration(tx, { id: consumed?.registrationId ?? null, now })
  if (!registration) throw new InvalidTokenError()
  const { id, email } = registration
  const own = ownId === id ? null : await findPendingRegistration(tx, { id: ownId, email, now })
  if (own && (await tx.mailToken.count({ where: { registrationId: own.id } })) > 0) {
    throw new InvalidTokenError({ message: ofAnother })
  }
  const passwordHash = own ? '' : registration.passwordHash
  // If the address was taken meanwhile, the unique index rejects it.
  const user = await tx.user.create({
    data: { email, ...profileOf(own ?? registration), passwordHash: passwordHash || null, emailVerifiedAt: now },
  })
  if (!passwordHash) await inviteToSetPassword(dependencies, tx, user)
  await deleteRegistrations(tx, email)
  await dependencies.audit.record(tx, { type: 'email.verified', actorId: user.id, userId: user.id, origin })
  return email
}

const ofAnother =
  'This link belongs to a registration that was started in another browser. Use the link from your own registration.'

// All registrations of the address, in a fixed order: of two concurrently used links, the second one waits here.
async function lockRegistrationsBeside(tx: Transaction, token: string): Promise<void> {
  await tx.$queryRaw`
    SELECT "id" FROM "Registration" WHERE "email" = (
      SELECT owner."email" FROM "MailToken" JOIN "Registration" owner ON owner."id" = "MailToken"."registrationId"
      WHERE "MailToken"."tokenHash" = ${hashToken(token)}
    ) ORDER BY "id" FOR UPDATE`
}

async function inviteToSetPassword(
  { clock }: AuthDependencies,
  tx: Transaction,
  { id: userId, email: to }: { id: string; email: string },
): Promise<void> {
  await enqueueAccountMail(tx, clock, { template: 'invitation', to, params: { userId, name: '' } })
}
