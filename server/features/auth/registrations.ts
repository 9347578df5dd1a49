import { createHmac, randomUUID } from 'node:crypto'
import type { Database, Transaction } from '../../core/database/client.js'
import { removeInBatches } from '../../core/retention.js'
import { isSameSecret } from '../../core/security/refresh-tokens.js'
import { Prisma } from '../../generated/client.js'
import { erasedProfile, type Profile } from '../users/profile/schema.js'
import type { AccountMail } from './mail-templates.js'

/** A pending registration. Its hash is empty if its link must not set a password. */
interface NewRegistration {
  id: string
  email: string
  profile: Profile
  passwordHash: string
}

const registrationMs = 7 * 24 * 3600 * 1000

/**
 * Stores a registration; null runs the same statement without storing, so that the time reveals nothing about the
 * address.
 */
export async function insertRegistration(tx: Transaction, now: Date, row: NewRegistration | null): Promise<void> {
  const { id, email, profile, passwordHash } = row ?? {
    id: randomUUID(),
    email: '',
    profile: erasedProfile,
    passwordHash: '',
  }
  const columns = Object.keys(profile).map((column) => Prisma.raw(`"${column}"`))
  const expiresAt = new Date(now.getTime() + registrationMs)
  await tx.$executeRaw`
    INSERT INTO "Registration" ("id", "email", ${Prisma.join(columns)}, "passwordHash", "expiresAt", "createdAt", "updatedAt")
    SELECT ${id}::uuid, ${email}, ${Prisma.join(Object.values(profile))}, ${passwordHash}, ${expiresAt}::timestamptz, ${now}::timestamptz,
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

/** Deletes all registrations of an address, with their links. */
export async function deleteRegistrations(tx: Transaction, email: string): Promise<void> {
  await tx.registration.deleteMany({ where: { email } })
}

/**
 * Creates the mark of a registration, by which its browser is recognized later. It grants no access, because the token
 * is only in the mail.
 */
export function signRegistrationMark(secret: string, id: string): string {
  return `${id}.${createHmac('sha256', secret).update(`registration:${id}`).digest('base64url')}`
}

/** The registration of a mark; null for a mark that this server did not create. */
export function readRegistrationMark(secret: string, mark: string | undefined): string | null {
  const id = mark?.split('.')[0] ?? ''
  return isSameSecret(mark ?? '', signRegistrationMark(secret, id)) ? id : null
}

/**
 * The mail with the link of a registration. It does not repeat what a stranger entered, because the address is not
 * verified. The previous release requires the name.
 */
export function verificationMail(to: string, registrationId: string): AccountMail {
  return { template: 'verification', to, params: { registrationId, name: '' } }
}

/** Deletes registrations that expired before a time, and returns their number. */
export function removeExpiredRegistrations(db: Database, before: Date): Promise<number> {
  const where = { expiresAt: { lt: before } }
  return removeInBatches((limit) => db.registration.deleteMany({ where, limit }))
}
