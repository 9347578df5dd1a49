import { setTimeout as sleep } from 'node:timers/promises'
import { createDatabase, type Db, type Transaction } from '../server/core/database/client.js'
import { ConnectionPool } from '../server/core/database/pool.js'
import { includingDeleted } from '../server/core/database/soft-delete.js'
import { createLogger } from '../server/core/logger.js'
import { createPasswords } from '../server/core/security/passwords.js'
import { seedPosts } from '../server/features/posts/seed.js'

interface SeedOptions {
  databaseUrl: string
  passwordPepper: string
  /** The time at which the 90 days of demo data end. */
  now?: Date
}

export const demoAdmin = {
  email: 'admin@example.com',
  name: 'Demo Admin',
  role: 'admin',
  password: 'demo-admin-passphrase',
} as const
export const demoUser = {
  email: 'ada@example.com',
  name: 'Ada Okafor',
  role: 'user',
  password: 'demo-user-passphrase',
} as const

/** The names of the users besides the two who can log in. */
const people = [
  'Agnes Lindqvist',
  'Babak Rahimi',
  'Chiara Moretti',
  'Dmitri Volkov',
  'Esi Mensah',
  'Farid Haddad',
  'Greta Neumann',
  'Hiro Tanaka',
  'Ines Carvalho',
  'Jakub Nowak',
  'Katarina Horvat',
  'Liam Gallagher-Byrne',
  'Mei Chen',
  'Nadia Benali',
  'Oskar Virtanen',
  'Priya Raman',
  'Quentin Dubois',
  'Rosa Jiménez',
  'Søren Kjær',
  'Tamar Abramov',
] as const

/** How long a seed may take, in milliseconds, waiting for another one included. */
const longestSeedMs = 120_000

const spreadMs = 90 * 24 * 3600 * 1000

/**
 * Inserts demo data into an empty database, in one transaction: an admin and a user who can log in, 20 more users who
 * cannot, all of the past 90 days, and the demo data of features. A database that has users is not changed.
 *
 * @returns whether data was inserted
 */
export async function seed({
  databaseUrl,
  passwordPepper,
  now = new Date(),
}: SeedOptions): Promise<{ seeded: boolean }> {
  const log = createLogger({ mode: 'production', logLevel: 'silent' })
  const db = createDatabase({ pool: new ConnectionPool({ url: databaseUrl, max: 1, log }) })
  try {
    if (!(await isEmpty(db))) return { seeded: false }
    const passwords = createPasswords({ pepper: passwordPepper, minLength: 15, application: 'app' })
    const here = { ip: '127.0.0.1' }
    const hashes = await Promise.all([demoAdmin, demoUser].map(({ password }) => passwords.hash(password, here)))
    return await db.$transaction((tx) => fillIfEmpty(tx, hashes, now), { timeout: longestSeedMs })
  } finally {
    await db.$disconnect()
  }
}

async function isEmpty(db: Db): Promise<boolean> {
  return (await db.user.findFirst({ where: includingDeleted, select: { id: true } })) === null
}

async function fillIfEmpty(tx: Transaction, hashes: readonly string[], now: Date): Promise<{ seeded: boolean }> {
  // Several instances may start with one empty database. Waiting for the lock in PostgreSQL is limited to 2 seconds, as
  // for every request.
  while (!(await tryLock(tx))) await sleep(100)
  if (!(await isEmpty(tx))) return { seeded: false }
  await createDemoUsers(tx, hashes, now)
  await createPeople(tx, now)
  await seedPosts(tx, now, spreadMs)
  return { seeded: true }
}

async function tryLock(tx: Transaction): Promise<boolean> {
  const rows = await tx.$queryRaw<{ isLocked: boolean }[]>`
    SELECT pg_try_advisory_xact_lock(hashtext('demo data')) AS "isLocked"`
  return rows[0]?.isLocked === true
}

async function createDemoUsers(tx: Transaction, hashes: readonly string[], now: Date): Promise<void> {
  const data = [demoAdmin, demoUser].map(({ email, name, role }, index) => {
    return { email, name, role, passwordHash: hashes[index] ?? null, ...since(now, 1) }
  })
  await tx.user.createMany({ data })
}

// They have no password; two are disabled and one has not verified its address, so that lists contain every kind of user.
async function createPeople(tx: Transaction, now: Date): Promise<void> {
  const data = people.map((name, index) => ({
    name,
    email: `${toAscii(name)}@example.com`,
    ...since(now, 1 - index / people.length),
    ...(index % 10 === 9 && { disabledAt: now }),
    ...(index === 4 && { emailVerifiedAt: null }),
  }))
  await tx.user.createMany({ data })
}

function since(now: Date, share: number) {
  const createdAt = past(now, share)
  return { createdAt, emailVerifiedAt: createdAt }
}

function past(now: Date, share: number): Date {
  return new Date(now.getTime() - Math.round(share * spreadMs))
}

function toAscii(name: string): string {
  const letters = name.toLowerCase().replaceAll('ø', 'o').replaceAll('æ', 'ae').normalize('NFD')
  return letters.replace(/[^a-z ]/g, '').replaceAll(' ', '.')
}
