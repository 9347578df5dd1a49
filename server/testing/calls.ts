import { randomUUID } from 'node:crypto'
import type { Meta } from '../core/procedure-meta.js'
import { createDeadMail, createFailedJob, createUser } from './factories.js'
import { testPassword } from './secrets.js'
import { type ActorKind, actorKinds, type CallRows, ownerOnly, type Stage } from './stage.js'
import { testSupport } from './test-support.js'

const ofOwner = ({ owner }: Stage) => ({ id: owner.user.id })
const freshAddress = () => `someone-${randomUUID()}@example.com`
const wrongToken = 'A'.repeat(43)

// These do not use the access token, so every actor gets the result of an anonymous caller, except that API keys may not
// call them.
const everybody = (code: string): Partial<Record<ActorKind, string>> =>
  Object.fromEntries(actorKinds.filter((actor) => !isApiKey(actor)).map((actor) => [actor, code]))

const callsOfBase: CallRows = {
  'auth.register': {
    input: () => ({ email: freshAddress(), password: 'a password nobody chose yet', name: 'New' }),
    exceptions: everybody('OK'),
  },
  'auth.verifyEmail': {
    input: () => ({ token: wrongToken }),
    exceptions: everybody('INVALID_TOKEN'),
  },
  'auth.resendVerification': {
    input: () => ({ email: freshAddress() }),
    exceptions: everybody('OK'),
  },
  'auth.login': {
    input: ({ owner }) => ({ email: owner.user.email, password: testPassword }),
    exceptions: everybody('OK'),
  },
  'auth.refresh': {
    input: ({ owner }) => ({ refreshToken: owner.session.refreshToken }),
    exceptions: everybody('OK'),
  },
  'auth.logout': {
    input: ({ owner }) => ({ refreshToken: owner.session.refreshToken }),
    exceptions: everybody('OK'),
  },
  'auth.requestPasswordReset': {
    input: () => ({ email: freshAddress() }),
    exceptions: everybody('OK'),
  },
  'auth.resetPassword': {
    input: () => ({ token: wrongToken, password: 'a password nobody chose yet' }),
    exceptions: everybody('INVALID_TOKEN'),
  },
  'auth.changePassword': {
    input: () => ({ currentPassword: testPassword, newPassword: 'a password nobody chose yet' }),
  },
  'auth.requestEmailChange': {
    input: () => ({ email: freshAddress(), currentPassword: testPassword }),
  },
  'auth.confirmEmailChange': {
    input: () => ({ token: wrongToken }),
    exceptions: everybody('INVALID_TOKEN'),
  },
  'sessions.list': {},
  'sessions.revoke': {
    input: ({ owner }) => ({ id: owner.session.sessionId }),
    exceptions: ownerOnly,
  },
  'sessions.revokeOthers': {},
  'users.me': {},
  'users.updateMe': { input: () => ({ name: 'Renamed' }) },
  'users.removeMe': { input: () => ({ password: testPassword }) },
  'users.exportMe': {},
  'users.list': { input: () => ({ page: 1, limit: 5, q: 'test' }) },
  'users.get': { input: ofOwner },
  'users.create': { input: () => ({ email: freshAddress(), name: 'New' }) },
  'users.replace': {
    input: (stage) => ({ ...ofOwner(stage), email: freshAddress(), name: 'New', role: 'user', status: 'active' }),
  },
  'users.update': {
    input: (stage) => ({ ...ofOwner(stage), name: 'Renamed' }),
  },
  'users.remove': { input: ofOwner },
  'users.restore': {
    input: async ({ t }) => ({ id: (await createUser(t, { deletedAt: t.clock.now() })).id }),
  },
  'users.resendInvitation': {
    input: async ({ t }) => ({ id: (await createUser(t, { emailVerifiedAt: null, passwordHash: null })).id }),
  },
  'users.erase': {
    input: async ({ t }) => ({ id: (await createUser(t, { deletedAt: t.clock.now() })).id }),
  },
  'audit.list': { input: () => ({ limit: 5 }) },
  'mail.list': { input: () => ({ limit: 5 }) },
  'jobs.list': { input: () => ({ limit: 5 }) },
  'jobs.retry': { input: ({ t }) => createFailedJob(t) },
  'jobs.discard': { input: ({ t }) => createFailedJob(t) },
  'mail.retry': { input: async ({ t }) => ({ id: (await createDeadMail(t)).id }) },
}

/**
 * One row for each procedure: the call for the tests of all procedures, and the reviewed exceptions from the result
 * that its access implies. A procedure without a row fails those tests. Features export theirs as `calls` from their
 * `.test-support.ts`, where they are found.
 */
export const calls: CallRows = Object.assign({}, callsOfBase, ...testSupport.map(({ calls }) => calls))

/** The result of an actor who calls a procedure with the input of its row: `OK` or an error code. */
export function expectedOutcome(procedure: string, meta: Meta, actor: ActorKind): string {
  return calls[procedure]?.exceptions?.[actor] ?? declaredOutcome(meta, actor)
}

/**
 * The result that the declared access and scope of a procedure imply for each kind of actor. An admin may do what any
 * role may.
 */
function declaredOutcome({ access, scope }: Meta, actor: ActorKind): string {
  if (isApiKey(actor)) return actor === 'API key' && scope !== undefined ? 'OK' : 'FORBIDDEN'
  if (actor === 'disabled user') return 'UNAUTHORIZED'
  if (access === 'public') return 'OK'
  if (actor === 'anonymous') return 'UNAUTHORIZED'
  return access === 'user' || actor === access || actor === 'admin' ? 'OK' : 'FORBIDDEN'
}

function isApiKey(actor: ActorKind): boolean {
  return actor.startsWith('API key')
}
