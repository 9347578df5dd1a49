import { createHmac, randomUUID } from 'node:crypto'
import { daysBefore, keptDays, removeInBatches } from '../../core/cleanup.js'
import type { Database, Transaction } from '../../core/database/client.js'
import type { AccountMail } from './mail-templates.js'

/** A registration that waits for its link. Its hash is empty where the link is to count for nobody's password. */
interface NewRegistration {
  id: string
  email: string
  name: string
  passwordHash: string
}

const registrationMs = 7 * 24 * 3600 * 1000

/** Writes a registration; null writes none with the same statement, so that the time tells nothing of the address. */
export async function insertRegistration(tx: Transaction, now: Date, row: NewRegistration | null): Promise<void> {
  const { id, email, name, passwordHash } = row ?? { id: randomUUID(), email: '', name: '', passwordHash: '' }
  const expiresAt = new Date(now.getTime() + registrationMs)
  await tx.$executeRaw`
    INSERT INTO "Registration" ("id", "email", "name", "passwordHash", "expiresAt", "createdAt", "updatedAt")
    SELECT ${id}::uuid, ${email}, ${name}, ${passwordHash}, ${expiresAt}::timestamptz, ${now}::timestamptz,
      ${now}::timestamptz
    WHERE ${row !== null}`
}

/** A registration that can still be verified, by id; null without an id. */
export async function findPendingRegistration(
  tx: Transaction,
  { id, now, ...where }: { id: string | null; now: Date; email?: string },
) {
  if (id === null) return null
  return tx.registration.findFirst({ where: { ...where, id, expiresAt: { gt: now } }, omit: { passwordHash: false } })
}

/** Deletes what anybody registered for an address, links included. */
export async function deleteRegistrations(tx: Transaction, email: string): Promise<void> {
  await tx.registration.deleteMany({ where: { email } })
}

/**
 * Makes what a browser keeps of a registration, to be known again as the one that asked for it. It opens nothing: the link is
 * in the mail.
 */
export function signRegistrationMark(secret: string, id: string): string {
  return `${id}.${createHmac('sha256', secret).update(`registration:${id}`).digest('base64url')}`
}

/** The registration that a mark names; null for one that this server did not make. */
export function readRegistrationMark(secret: string, mark: string | undefined): string | null {
  const id = mark?.split('.')[0] ?? ''
  return mark === signRegistrationMark(secret, id) ? id : null
}

/**
 * The mail with the link of a registration. What a stranger typed is not repeated to an address that nobody has
 * verified; the release before asks for the name.
 */
export function verificationMail(to: string, registrationId: string): AccountMail {
  return { template: 'verification', to, params: { registrationId, name: '' } }
}

/** Removes registrations that expired long ago; gives how many there were. */
export function removeExpiredRegistrations(db: Database, now: Date): Promise<number> {
  const where = { expiresAt: { lt: daysBefore(now, keptDays) } }
  return removeInBatches((limit) => db.registration.deleteMany({ where, limit }))
}
