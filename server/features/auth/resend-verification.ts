import { randomUUID } from 'node:crypto'
import type { Origin } from '../../core/actor.js'
import type { Transaction } from '../../core/database/client.js'
import { mayMail } from '../../core/security/mail-limits.js'
import { profileOf } from '../users/profile/schema.js'
import { type AuthDependencies, findUserByEmail } from './credentials.js'
import { enqueueAccountMail } from './mails.js'
import { findPendingRegistration, insertRegistration, readRegistrationMark, verificationMail } from './registrations.js'
import type { EmailOnly } from './schema.js'

/**
 * Sends the link of a registration again: that of the requesting browser, by its mark, or the only one of the address.
 * If there are several and none belongs to the browser, the link verifies the address without setting a password.
 */
export async function resendVerification(
  { db, clock, audit, limits, tokenSecret }: AuthDependencies,
  origin: Origin,
  { email }: EmailOnly,
  mark?: string,
): Promise<void> {
  const isWithinLimit = await mayMail(limits, { kind: 'verification', to: email, ip: origin.ip })
  const ownId = readRegistrationMark(tokenSecret, mark)
  await db.$transaction(async (tx) => {
    const user = await findUserByEmail(tx, email)
    const id = await findOrInsertMailable(tx, { email, ownId, isTaken: user !== null, now: clock.now() })
    const isMailed = isWithinLimit && id !== null
    await enqueueAccountMail(tx, clock, isMailed ? verificationMail(email, id) : null)
    const event = { type: 'register.requested', actorId: null, userId: user?.id ?? null, origin } as const
    await audit.record(tx, { ...event, data: { isResend: true, isMailed } })
  })
}

const consideredMax = 100

interface Mailable {
  email: string
  /** The registration of the requesting browser, if it sent a mark. */
  ownId: string | null
  isTaken: boolean
  now: Date
}

/**
 * The id of the registration whose link is sent again: that of the browser, or the only one. If there are several, or
 * one has expired and another was added, the owner's is unknown. Then one without a password is used, and created if
 * necessary. The statements are the same for every address; null if there is nothing to send.
 */
async function findOrInsertMailable(tx: Transaction, { email, ownId, isTaken, now }: Mailable): Promise<string | null> {
  const own = await findPendingRegistration(tx, { id: ownId, email, now })
  const all = await tx.registration.findMany({
    where: { email },
    orderBy: { createdAt: 'desc' },
    take: consideredMax,
    omit: { passwordHash: false },
  })
  const pending = all.filter(({ expiresAt }) => expiresAt > now)
  const found = own ?? (all.length === 1 ? pending[0] : pending.find(({ passwordHash }) => passwordHash === ''))
  const isInserted = !isTaken && !found && pending.length > 0
  const profile = profileOf({ name: email.replace(/@.*/, '') })
  const inserted = { id: randomUUID(), email, profile, passwordHash: '' }
  await insertRegistration(tx, now, isInserted ? inserted : null)
  if (isTaken) return null
  return found?.id ?? (isInserted ? inserted.id : null)
}
