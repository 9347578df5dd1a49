import { createDatabase, type Transaction } from '../server/database/client.js'
import { includingDeleted } from '../server/database/soft-delete.js'
import { createLogger } from '../server/logger.js'
import { createPasswords } from '../server/security/passwords.js'
import { cycle, people, writePost } from './seed-texts.js'

interface SeedOptions {
  databaseUrl: string
  passwordPepper: string
}

const demoAdmin = {
  email: 'admin@example.com',
  name: 'Demo Admin',
  role: 'admin',
  password: 'demo-admin-passphrase',
} as const
const demoUser = {
  email: 'ada@example.com',
  name: 'Ada Okafor',
  role: 'user',
  password: 'demo-user-passphrase',
} as const

const postCount = 200
const spreadMs = 90 * 24 * 3600 * 1000

/**
 * Fills an empty database with development data, in one transaction: an admin and a user who can log in, 20 more users
 * who cannot, and 200 posts over the past 90 days. A database with any user in it is left alone.
 *
 * @returns whether there was anything to do
 */
export async function seed({ databaseUrl, passwordPepper }: SeedOptions): Promise<{ seeded: boolean }> {
  const log = createLogger({ mode: 'production', logLevel: 'silent' })
  const db = createDatabase({ url: databaseUrl, poolMax: 1, log })
  try {
    return await db.$transaction((tx) => fillIfEmpty(tx, passwordPepper, new Date()))
  } finally {
    await db.$disconnect()
  }
}

async function fillIfEmpty(tx: Transaction, passwordPepper: string, now: Date): Promise<{ seeded: boolean }> {
  // Several instances may start on one empty database.
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtext('plinth seed'))`
  if (await tx.user.findFirst({ where: includingDeleted, select: { id: true } })) return { seeded: false }
  const demoUserIds = await createDemoUsers(tx, passwordPepper, now)
  const peopleIds = await createPeople(tx, now)
  await createPosts(tx, [...demoUserIds, ...peopleIds], now)
  return { seeded: true }
}

async function createDemoUsers(tx: Transaction, pepper: string, now: Date): Promise<string[]> {
  const passwords = createPasswords({ pepper, minLength: 15 })
  const data = await Promise.all(
    [demoAdmin, demoUser].map(async ({ password, ...user }) => {
      return { ...user, passwordHash: await passwords.hash(password), ...since(now, 1) }
    }),
  )
  return idsOf(await tx.user.createManyAndReturn({ data, select: { id: true } }))
}

// They have no password; two are disabled and one has not verified its address, so that lists have something to show.
async function createPeople(tx: Transaction, now: Date): Promise<string[]> {
  const data = people.map((name, index) => ({
    name,
    email: `${toAscii(name)}@example.com`,
    ...since(now, 1 - index / people.length),
    ...(index % 10 === 9 && { disabledAt: now }),
    ...(index === 4 && { emailVerifiedAt: null }),
  }))
  return idsOf(await tx.user.createManyAndReturn({ data, select: { id: true } }))
}

async function createPosts(tx: Transaction, authorIds: readonly string[], now: Date): Promise<void> {
  const data = Array.from({ length: postCount }, (_, index) => {
    const createdAt = past(now, (postCount - index) / (postCount + 1))
    const isDraft = index % 5 === 4
    const state = isDraft ? { status: 'draft' as const } : { status: 'published' as const, publishedAt: createdAt }
    return { ...writePost(index), authorId: cycle(authorIds, index * 7), createdAt, ...state }
  })
  await tx.post.createMany({ data })
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

function idsOf(rows: readonly { id: string }[]): string[] {
  return rows.map(({ id }) => id)
}
