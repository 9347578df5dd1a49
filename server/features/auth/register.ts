import { randomUUID } from 'node:crypto'
import type { Origin } from '../../core/actor.js'
import { mayMail } from '../../core/security/mail-limits.js'
import type { SessionUser } from '../sessions/session.js'
import { profileOf } from '../users/profile/schema.js'
import { type AuthDependencies, findUserByEmail } from './credentials.js'
import type { AccountMail } from './mail-templates.js'
import { enqueueAccountMail } from './mails.js'
import { insertRegistration, signRegistrationMark, verificationMail } from './registrations.js'
import type { Register } from './schema.js'

/**
 * Stores a registration, which becomes an account through the link in its mail. If the address already has an account,
 * the mail says so; the response, the statements and the mail limits are the same.
 *
 * @returns the mark of this registration, for the browser to keep
 * @throws ValidationError, PasswordTooCommonError, ServiceUnavailableError
 */
export async function register(
  { db, clock, passwords, audit, limits, tokenSecret }: AuthDependencies,
  origin: Origin,
  { email, password, ...input }: Register,
): Promise<string> {
  const profile = profileOf(input)
  passwords.assertAcceptable(password, { email, name: profile.name })
  const passwordHash = await passwords.hash(password, origin)
  const isWithinLimit = await mayMail(limits, { kind: 'verification', to: email, ip: origin.ip })
  const id = randomUUID()
  await db.$transaction(async (tx) => {
    const user = await findUserByEmail(tx, email)
    await insertRegistration(tx, clock.now(), user ? null : { id, email, profile, passwordHash })
    const mail = user ? accountExistsMail(user) : verificationMail(email, id)
    await enqueueAccountMail(tx, clock, isWithinLimit ? mail : null)
    const event = { type: 'register.requested', actorId: null, userId: user?.id ?? null, origin } as const
    await audit.record(tx, { ...event, data: { isMailed: isWithinLimit } })
  })
  return signRegistrationMark(tokenSecret, id)
}

function accountExistsMail({ id: userId, email: to, name, emailVerifiedAt }: SessionUser): AccountMail {
  return { template: 'account-exists', to, params: { userId, name: emailVerifiedAt ? name : '' } }
}
