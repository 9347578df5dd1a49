import type { Prisma } from '../generated/client.js'
import { createSignedInUser } from './factories.js'
import type { TestApp } from './test-app.js'

/** A signed-in user with clients for both transports. */
export type Person = Awaited<ReturnType<typeof newPerson>>

/** Creates a signed-in user with clients: `api` calls over tRPC, and `rest` calls `/api`. */
export async function newPerson(t: TestApp, overrides: Partial<Prisma.UserCreateInput> = {}) {
  const { user, session } = await createSignedInUser(t, overrides)
  return { user, session, api: t.client(session), rest: t.rest(session) }
}

/** Creates the people of most tests: an author, another user and an admin, and the clients of an anonymous caller. */
export async function createCast(t: TestApp) {
  const author = await newPerson(t, { name: 'The Author' })
  const other = await newPerson(t)
  const admin = await newPerson(t, { role: 'admin' })
  return { author, other, admin, anonymous: { api: t.client(), rest: t.rest() } }
}
