import { loadConfig } from '../../server/config.js'
import { type Container, createContainer } from '../../server/container.js'
import { createPasswords } from '../../server/core/security/passwords.js'
import type { Role } from '../../server/generated/enums.js'
import { clientAddress, password, pepper } from './settings.js'

const origin = { requestId: 'bench', ip: '127.0.0.1', userAgent: 'bench' }

/** Creates verified users with the same password, and so the same hash. */
export async function createUsers({ db }: Container, count: number, describe: (index: number) => Person = user) {
  const passwordHash = await createPasswords({ pepper, minLength: 15, application: 'app' }).hash(password, {
    ip: '127.0.0.1',
  })
  const people = Array.from({ length: count }, (_, index) => describe(index))
  const data = people.map((person) => ({ ...person, passwordHash, emailVerifiedAt: new Date() }))
  return db.user.createManyAndReturn({ data })
}

interface Person {
  email: string
  name: string
  role?: Role
}

const user = (index: number): Person => ({ email: `user-${index}@example.com`, name: `User ${index}` })

type Users = Awaited<ReturnType<typeof createUsers>>

/** Creates a session for each, as a login does, without a password. */
export async function signInAll({ db, services }: Container, users: Users) {
  const signedIn = []
  for (const user of users)
    signedIn.push(await db.$transaction((tx) => services.sessions.open(tx, user, origin, 'body')))
  return signedIn
}

/** Creates an admin and users, and signs each in, from an address of its own. */
export async function createSignedInPeople(settings: Readonly<Record<string, string>>, count: number) {
  const container = createContainer(loadConfig({ ...settings, LOG_LEVEL: 'silent' }))
  try {
    const admins = await createUsers(container, 1, () => ({ email: 'admin@example.com', name: 'Admin', role: 'admin' }))
    const users = await createUsers(container, count)
    const [admin, ...people] = (await signInAll(container, [...admins, ...users])).map(withAddress)
    if (!admin) throw new Error('There is no admin.')
    return { admin, people }
  } finally {
    await container.close()
  }
}

type SignedIn = Awaited<ReturnType<typeof signInAll>>[number]

/** What a client of the benchmark has of a signed-in user: each calls from an address of its own. */
export function withAddress({ user: { id, email }, accessToken, refreshToken }: SignedIn, index: number) {
  return { id, email, accessToken, refreshToken: refreshToken ?? '', address: clientAddress(index) }
}
