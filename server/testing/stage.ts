import type { Person } from './cast.js'
import { createApiKey, createSignedInUser } from './factories.js'
import type { TestApp, TestSession } from './test-app.js'

/** The users of a call: an owner, whose rows are created for each call, and the caller. */
export interface Stage {
  t: TestApp
  owner: SignedInUser
  /** The credential of the caller; anonymous callers have none. */
  session: TestSession | undefined
}

type SignedInUser = Awaited<ReturnType<typeof createSignedInUser>>

export type ActorKind = keyof typeof callers

/** Creates the owner and the caller. */
export async function setStage(t: TestApp, actor: ActorKind): Promise<Stage> {
  const owner = await createSignedInUser(t)
  return { t, owner, session: await callers[actor](t, owner) }
}

/** Every kind of actor. A disabled user and a former admin have a token from before that change. Keys are the owner's. */
const callers = {
  anonymous: async () => undefined,
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
  'API key': async (t: TestApp, { user }: SignedInUser) => createApiKey(t, user),
  'API key without its scope': async (t: TestApp, { user }: SignedInUser) => createApiKey(t, user, ['other:read']),
}

export const actorKinds: readonly ActorKind[] = Object.keys(callers).filter(isActorKind)

function isActorKind(name: string): name is ActorKind {
  return name in callers
}

type Input = Record<string, unknown>

interface CallRow {
  /** An input that succeeds for the owner (or for the admin, if only admins may call). */
  input?: (stage: Stage) => Input | Promise<Input>
  /** Results that differ from those of the declared access, with the reason. */
  exceptions?: Partial<Record<ActorKind, string>>
}

/** The people of an action: the owner of a row, and an admin. */
interface AuditStage {
  t: TestApp
  owner: SignedInUser
  admin: Person
}

/** For each type of audit event, an action that causes it once and concerns the owner. */
export type AuditActions = Readonly<Record<string, (stage: AuditStage) => Promise<unknown>>>

/** A row for each procedure of a feature, by its dotted name. */
export type CallRows = Readonly<Record<string, CallRow>>

/**
 * The results for a row of the owner if the caller is neither owner nor admin.
 *
 * @public for features whose rows admins may change
 */
export const notYours = { 'other user': 'NOT_FOUND', 'former admin': 'NOT_FOUND' }

/** The same if admins are not allowed either. */
export const ownerOnly = { ...notYours, admin: 'NOT_FOUND' }
