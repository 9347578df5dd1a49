import type { Origin } from '../../context.js'
import type { Db, Transaction } from '../../database/client.js'
import { isUniqueViolation } from '../../database/errors.js'
import { AppError } from '../../errors.js'
import { enqueueMail } from '../../mail/outbox.js'
import { consumeMailToken } from '../../security/mail-tokens.js'
import { hashToken } from '../../security/refresh-tokens.js'
import { chargeAccount, findAccount } from './account.js'
import { inEvenTime } from './even-time.js'
import type { AuthParts } from './parts.js'
import type { EmailOnly, Register, VerifyEmail } from './schema.js'

const registrationMs = 7 * 24 * 3600 * 1000
const resendLimit = { name: 'account/resend', points: 3, windowSeconds: 3600 }

/** How strangers become users: what they ask for waits until the link that was mailed for it is followed. */
export function createRegistration(parts: AuthParts) {
  const { db, passwords, audit, limits } = parts
  return {
    /**
     * Takes a registration and mails a link. For an address that has an account the mail says so; the answer and the
     * work are the same.
     *
     * @throws AppError VALIDATION_ERROR, PASSWORD_TOO_COMMON, SERVICE_UNAVAILABLE
     */
    async register(origin: Origin, { email, password, name }: Register): Promise<void> {
      passwords.assertAcceptable(password, { email, name })
      const passwordHash = await passwords.hash(password, origin)
      const keep = db.$transaction(async (tx) => {
        const user = await findAccount(tx, email)
        if (user) await mailAccountExists(parts, tx, user)
        else await keepRegistration(parts, tx, { email, name, passwordHash })
        await audit.record(tx, { type: 'register.requested', actorId: null, userId: user?.id ?? null, origin })
      })
      await inEvenTime(keep)
    },

    /**
     * Makes the user whom a mailed link belongs to, with that registration's name and password, and drops every other
     * registration of the address.
     *
     * @throws AppError INVALID_TOKEN
     */
    async verifyEmail(origin: Origin, { token }: VerifyEmail): Promise<void> {
      try {
        await db.$transaction((tx) => activate(parts, tx, { token, origin }))
      } catch (error) {
        throw isUniqueViolation(error) ? new AppError('INVALID_TOKEN', { cause: error }) : error
      }
    },

    /**
     * Mails the link of the address's newest registration again: the one its owner has most likely just made.
     *
     * @throws AppError RATE_LIMITED
     */
    async resendVerification(origin: Origin, { email }: EmailOnly): Promise<void> {
      await chargeAccount(limits, resendLimit, email)
      await inEvenTime(sendAgain(parts, origin, email))
    },
  }
}

async function sendAgain(parts: AuthParts, origin: Origin, email: string): Promise<void> {
  await parts.db.$transaction(async (tx) => {
    const registration = await tx.registration.findFirst({
      where: { email, expiresAt: { gt: parts.clock.now() } },
      orderBy: { createdAt: 'desc' },
    })
    if (registration) await mailVerification(parts, tx, registration)
    const data = { isResend: true }
    await parts.audit.record(tx, { type: 'register.requested', actorId: null, userId: null, origin, data })
  })
}

type Pending = Pick<Register, 'email' | 'name'> & { passwordHash: string }

async function keepRegistration(parts: AuthParts, tx: Transaction, pending: Pending): Promise<void> {
  const now = parts.clock.now()
  const expiresAt = new Date(now.getTime() + registrationMs)
  await mailVerification(parts, tx, await tx.registration.create({ data: { ...pending, expiresAt, createdAt: now } }))
}

async function mailVerification(
  { clock }: AuthParts,
  tx: Transaction,
  { id: registrationId, email: to, name }: { id: string; email: string; name: string },
): Promise<void> {
  await enqueueMail(tx, clock, { template: 'verification', to, params: { registrationId, name } })
}

async function mailAccountExists(
  { clock }: AuthParts,
  tx: Transaction,
  { email: to, name }: { email: string; name: string },
): Promise<void> {
  await enqueueMail(tx, clock, { template: 'account-exists', to, params: { name } })
}

async function activate(
  { clock, audit }: AuthParts,
  tx: Transaction,
  { token, origin }: { token: string; origin: Origin },
): Promise<void> {
  const now = clock.now()
  await lockRegistrationsBeside(tx, token)
  const consumed = await consumeMailToken(tx, { token, kinds: ['verification'], now })
  const registration = await findPending(tx, consumed?.registrationId ?? null, now)
  if (!registration || (await findAccount(tx, registration.email))) throw new AppError('INVALID_TOKEN')
  const { email, name, passwordHash } = registration
  const user = await tx.user.create({ data: { email, name, passwordHash, emailVerifiedAt: now } })
  await dropRegistrations(tx, email)
  await audit.record(tx, { type: 'email.verified', actorId: user.id, userId: user.id, origin })
}

// All registrations of the address, in one order: of two links that are followed at once, the second one waits here.
async function lockRegistrationsBeside(tx: Transaction, token: string): Promise<void> {
  await tx.$queryRaw`
    SELECT "id" FROM "Registration" WHERE "email" = (
      SELECT owner."email" FROM "MailToken" JOIN "Registration" owner ON owner."id" = "MailToken"."registrationId"
      WHERE "MailToken"."tokenHash" = ${hashToken(token)}
    ) ORDER BY "id" FOR UPDATE`
}

async function findPending(tx: Transaction, id: string | null, now: Date) {
  if (id === null) return null
  return tx.registration.findFirst({ where: { id, expiresAt: { gt: now } }, omit: { passwordHash: false } })
}

/** Forgets what anybody registered for an address, links included. */
export async function dropRegistrations(tx: Db, email: string): Promise<void> {
  await tx.registration.deleteMany({ where: { email } })
}
