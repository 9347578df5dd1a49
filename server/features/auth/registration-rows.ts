import { createHmac, randomUUID } from 'node:crypto'
import type { Db, Transaction } from '../../core/database/client.js'

/** A registration that waits for its link. Its hash is empty where the link is to count for nobody's password. */
interface NewRegistration {
  id: string
  email: string
  name: string
  passwordHash: string
}

const registrationMs = 7 * 24 * 3600 * 1000
const lookedAt = 100

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

interface Picking {
  email: string
  /** The registration that the asking browser made, if it has its mark. */
  ownId: string | null
  isTaken: boolean
  now: Date
}

/**
 * The registration whose link is mailed again: the browser's own, or the only one. Among several nobody knows the
 * owner's, nor where one has expired and another has come, so that one without a password is picked, which is made if there is none. The statements are the same for
 * every address; null if there is nothing to mail.
 */
export async function pickRegistration(tx: Transaction, picking: Picking): Promise<string | null> {
  const { email, ownId, isTaken, now } = picking
  const own = await findPending(tx, { id: ownId, email, now })
  const all = await tx.registration.findMany({
    where: { email },
    orderBy: { createdAt: 'desc' },
    take: lookedAt,
    omit: { passwordHash: false },
  })
  const pending = all.filter(({ expiresAt }) => expiresAt > now)
  const found = own ?? (all.length === 1 ? pending[0] : pending.find(({ passwordHash }) => passwordHash === ''))
  const isMade = !isTaken && !found && pending.length > 0
  const made = { id: randomUUID(), email, name: email.replace(/@.*/, ''), passwordHash: '' }
  await insertRegistration(tx, now, isMade ? made : null)
  if (isTaken) return null
  return found?.id ?? (isMade ? made.id : null)
}

/** A registration that can still be verified, by id; null without an id. */
export async function findPending(tx: Db, { id, now, ...where }: { id: string | null; now: Date; email?: string }) {
  if (id === null) return null
  return tx.registration.findFirst({ where: { ...where, id, expiresAt: { gt: now } }, omit: { passwordHash: false } })
}

/** Forgets what anybody registered for an address, links included. */
export async function dropRegistrations(tx: Db, email: string): Promise<void> {
  await tx.registration.deleteMany({ where: { email } })
}

/**
 * What a browser keeps of a registration, to be known again as the one that asked for it. It opens nothing: the link is
 * in the mail.
 */
export function registrationMark(secret: string, id: string): string {
  return `${id}.${createHmac('sha256', secret).update(`registration:${id}`).digest('base64url')}`
}

/** The registration that a mark names; null for one that this server did not make. */
export function readRegistrationMark(secret: string, mark: string | undefined): string | null {
  const id = mark?.split('.')[0] ?? ''
  return mark === registrationMark(secret, id) ? id : null
}
