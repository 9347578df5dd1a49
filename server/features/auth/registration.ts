import { randomUUID } from 'node:crypto'
import type { Origin } from '../../core/actor.js'
import { mayMail } from '../../core/security/mail-limits.js'
import type { SessionUser } from '../sessions/rules.js'
import { findAccount } from './account.js'
import type { AuthParts } from './dependencies.js'
import type { AccountMail } from './mail-schema.js'
import { enqueueAccountMail } from './mails.js'
import { insertRegistration, pickRegistration, readRegistrationMark, registrationMark } from './registration-rows.js'
import type { EmailOnly, Register } from './schema.js'

/** How strangers ask for an account: it waits until the link that was mailed for it is followed. */
export function createRegistration(parts: AuthParts) {
  const { db, clock, passwords, audit, limits, tokenSecret } = parts
  return {
    /**
     * Takes a registration and mails a link. For an address that has an account the mail says so; the answer, the
     * statements and what the mails are counted by are the same.
     *
     * @returns the mark of this registration, for the browser that asked to keep
     * @throws ValidationError, PasswordTooCommonError, ServiceUnavailableError
     */
    async register(origin: Origin, { email, password, name }: Register): Promise<string> {
      passwords.assertAcceptable(password, { email, name })
      const passwordHash = await passwords.hash(password, origin)
      const isWithinLimit = await mayMail(limits, { kind: 'verification', to: email, ip: origin.ip })
      const id = randomUUID()
      await db.$transaction(async (tx) => {
        const user = await findAccount(tx, email)
        await insertRegistration(tx, clock.now(), user ? null : { id, email, name, passwordHash })
        const mail = user ? accountExistsMail(user) : verificationMail(email, id)
        await enqueueAccountMail(tx, clock, isWithinLimit ? mail : null)
        const event = { type: 'register.requested', actorId: null, userId: user?.id ?? null, origin } as const
        await audit.record(tx, { ...event, data: { isMailed: isWithinLimit } })
      })
      return registrationMark(tokenSecret, id)
    },

    /**
     * Mails the link of a registration again: that of the browser which asks, by its mark, or the only one of the
     * address. Where several wait and none is the browser's, the link verifies the address with nobody's password.
     */
    async resendVerification(origin: Origin, { email }: EmailOnly, mark?: string): Promise<void> {
      const isWithinLimit = await mayMail(limits, { kind: 'verification', to: email, ip: origin.ip })
      const ownId = readRegistrationMark(tokenSecret, mark)
      await db.$transaction(async (tx) => {
        const user = await findAccount(tx, email)
        const id = await pickRegistration(tx, { email, ownId, isTaken: user !== null, now: clock.now() })
        const isMailed = isWithinLimit && id !== null
        await enqueueAccountMail(tx, clock, isMailed ? verificationMail(email, id) : null)
        const event = { type: 'register.requested', actorId: null, userId: user?.id ?? null, origin } as const
        await audit.record(tx, { ...event, data: { isResend: true, isMailed } })
      })
    },
  }
}

// What a stranger typed is not repeated to an address that nobody has verified. The release before asks for the name.
function verificationMail(to: string, registrationId: string): AccountMail {
  return { template: 'verification', to, params: { registrationId, name: '' } }
}

function accountExistsMail({ id: userId, email: to, name, emailVerifiedAt }: SessionUser): AccountMail {
  return { template: 'account-exists', to, params: { userId, name: emailVerifiedAt ? name : '' } }
}
