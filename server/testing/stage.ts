import { createSignedInUser } from './factories.js'
import type { TestApp } from './test-app.js'

/** What a call works on: an owner, whose rows are made afresh for each call, and somebody who calls. */
export interface Stage {
  t: TestApp
  owner: SignedInUser
  /** The caller's session; nobody has none. */
  session: SignedInUser['session'] | undefined
}

type SignedInUser = Awaited<ReturnType<typeof createSignedInUser>>

export type ActorKind = keyof typeof callers

/** Makes an owner, and the one who calls. */
export async function setStage(t: TestApp, actor: ActorKind): Promise<Stage> {
  const owner = await createSignedInUser(t)
  return { t, owner, session: await callers[actor](t, owner) }
}

/** Every kind of actor. A disabled user and a former admin hold a token from better times. */
const callers = {
  nobody: async () => undefined,
  owner: async (_t: TestApp, owner: SignedInUser) => owner.session,
  'other user': async (t: TestApp) => (await createSignedInUser(t)).session,
  admin: async (t: TestApp) => (await createSignedInUser(t, { role: 'admin' })).session,
  'disabled user': async (t: TestApp) => {
    const { user, session } = await createSignedInUser(t)
    await t.db.user.update({ where: { id: user.id }, data: { disabledAt: t.clock.now() } })
    return session
  },
  'former admin': async (t: TestApp) => {
    const { user, session } = await createSignedInUser(t, { role: 'admin' })
    await t.db.user.update({ where: { id: user.id }, data: { role: 'user' } })
    return session
  },
}

export const actorKinds: readonly ActorKind[] = Object.keys(callers).filter(isActorKind)

function isActorKind(name: string): name is ActorKind {
  return name in callers
}

type Input = Record<string, unknown>

export interface CallRow {
  /** An input that succeeds for the owner (or the admin, where only admins may call). */
  input?: (stage: Stage) => Input | Promise<Input>
  /** An input that its schema refuses; left out where the procedure takes none. */
  invalid?: Record<string, unknown>
  /** Where the outcome is another than the declared access says, and why that is right. */
  exceptions?: Partial<Record<ActorKind, string>>
}

/** What a row of the owner is to those who are neither owner nor admin. */
export const notYours = { 'other user': 'NOT_FOUND', 'former admin': 'NOT_FOUND' }
