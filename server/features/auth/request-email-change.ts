import type { Actor } from '../../core/actor.js'
import type { Transaction } from '../../core/database/client.js'
import { mayMail } from '../../core/security/mail-limits.js'
import { type AuthDependencies, lockAccount, proveOwnPassword, readOwnAccount, wrongPassword } from './credentials.js'
import { enqueueAccountMail } from './mails.js'
import type { RequestEmailChange } from './schema.js'

/**
 * Sends a link to the new address, which takes effect once it is confirmed, and a notice to the current one. It does
 * not check whether the new address has an account, so that the response cannot reveal it. An older request for another
 * address ends.
 *
 * @throws InvalidCredentialsError for a wrong password, ServiceUnavailableError
 */
export async function requestEmailChange(
  dependencies: AuthDependencies,
  actor: Actor,
  { email: to, currentPassword }: RequestEmailChange,
): Promise<void> {
  const { db, clock, limits, audit } = dependencies
  const { userId, sessionId, origin } = actor
  const user = await readOwnAccount(db, actor)
  await proveOwnPassword(dependencies, actor, user, currentPassword)
  const isTold = await mayMail(limits, { kind: 'email-change-requested', to: user.email, ip: origin.ip })
  // No link without its notice, however many mails this network has requested.
  const isMailed = isTold && (await mayMail(limits, { kind: 'email-change', to, ip: origin.ip }))
  await db.$transaction(async (tx) => {
    const locked = await lockAccount(tx, userId)
    if (!locked || locked.passwordHash !== user.passwordHash) throw wrongPassword()
    await endOtherRequests(tx, { userId, email: to, now: clock.now() })
    const link = { template: 'email-change', to, params: { userId, sessionId } } as const
    await enqueueAccountMail(tx, clock, isMailed ? link : null)
    const notice = { to: locked.email, params: { userId, name: locked.name } }
    await enqueueAccountMail(tx, clock, isTold ? { template: 'email-change-requested', ...notice } : null)
    const data = { to, isMailed }
    await audit.record(tx, { type: 'user.email_change_requested', actorId: userId, userId, origin, data })
  })
}

async function endOtherRequests(
  tx: Transaction,
  { userId, email, now }: { userId: string; email: string; now: Date },
): Promise<void> {
  const waiting = { template: 'email-change', to: { not: email }, userId }
  await tx.outboxMail.deleteMany({ where: { ...waiting, status: { in: ['pending', 'dead'] } } })
  const others = { userId, kind: 'email_change', email: { not: email }, usedAt: null } as const
  await tx.mailToken.updateMany({ where: others, data: { usedAt: now } })
}
