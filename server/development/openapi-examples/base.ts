import { demoAdmin, demoUser } from '../../../prisma/seed.js'
import type { DemoServer } from './demo-server.js'
import type { Recorder } from './recorder.js'

/** The access tokens of the two people who can log in. */
export interface Tokens {
  admin: string
  user: string
}

const someone = { email: 'grace@example.com', name: 'Grace Adeyemi' }

/** Logs in as both of the demo data. */
export async function logIn(recorder: Recorder): Promise<Tokens> {
  const [user, admin] = [await session(recorder, demoUser), await session(recorder, demoAdmin)]
  return { user: String(user['accessToken']), admin: String(admin['accessToken']) }
}

function session(recorder: Recorder, { email, password }: { email: string; password: string }) {
  return recorder.call('auth.login', { input: { email, password } })
}

/** Calls the operations of the base, in the order of a story. */
export async function playBase(recorder: Recorder, server: DemoServer, tokens: Tokens): Promise<void> {
  await playAccount(recorder, tokens)
  await playKeysAndSessions(recorder, tokens)
  await playAdministration(recorder, server, tokens)
  await playRegistration(recorder, server)
  await playPasswords(recorder, server)
  await recorder.call('users.exportMe', { token: tokens.user })
}

async function playAccount(recorder: Recorder, { user }: Tokens): Promise<void> {
  await recorder.call('users.me', { token: user })
  await recorder.call('users.updateMe', { token: user, input: { name: 'Ada N. Okafor' } })
}

async function playKeysAndSessions(recorder: Recorder, { user }: Tokens): Promise<void> {
  const input = { name: 'Nightly import', scopes: ['users:read'], expiresAt: '2099-12-31T00:00:00.000Z' }
  const { id } = await recorder.call('apiKeys.create', { token: user, input })
  await recorder.call('apiKeys.list', { token: user })
  await recorder.call('apiKeys.revoke', { token: user, input: { id } })
  await session(recorder, demoUser)
  const { id: newest } = await recorder.call('sessions.list', { token: user })
  await recorder.call('sessions.revoke', { token: user, input: { id: newest } })
  await recorder.call('sessions.revokeOthers', { token: user })
}

async function playAdministration(recorder: Recorder, server: DemoServer, { admin: token }: Tokens): Promise<void> {
  await recorder.call('users.list', { token, input: { limit: 2, sort: 'name' } })
  const { id } = await recorder.call('users.create', { token, input: { ...someone, role: 'user' } })
  await recorder.call('users.get', { token, input: { id } })
  await recorder.call('users.update', { token, input: { id, role: 'admin' } })
  const input = { id, email: someone.email, name: 'Grace M. Adeyemi', role: 'user', status: 'active' }
  await recorder.call('users.replace', { token, input })
  await server.mailedToken(someone.email)
  await recorder.call('users.resendInvitation', { token, input: { id } })
  await server.mailedToken(someone.email)
  await playMail(recorder, server, token)
  await playJobs(recorder, server, token)
  await recorder.call('users.remove', { token, input: { id } })
  const { version } = await recorder.call('users.restore', { token, input: { id, version: 4 } })
  await recorder.call('users.remove', { token, input: { id } })
  await recorder.call('users.erase', { token, input: { id, version: Number(version) + 1 } })
  await recorder.call('audit.list', { token, input: { limit: 2 } })
}

// The mail is given up hours after it could not be delivered, which the database says here.
async function playMail(recorder: Recorder, { db }: DemoServer, token: string): Promise<void> {
  const newest = await db.outboxMail.findFirstOrThrow({ where: { to: someone.email }, orderBy: { createdAt: 'desc' } })
  const data = { status: 'dead', attempts: 6, lastError: 'connect ECONNREFUSED 127.0.0.1:587', sentAt: null } as const
  await db.outboxMail.updateMany({ where: { id: newest.id }, data })
  await recorder.call('mail.list', { token, input: { status: 'dead', limit: 2 } })
  await recorder.call('mail.retry', { token, input: { id: newest.id } })
}

// Jobs fail for good after hours, which the database says here, under numbers that do not depend on earlier jobs.
async function playJobs(recorder: Recorder, { db }: DemoServer, token: string): Promise<void> {
  const reason = 'connect ECONNREFUSED 127.0.0.1:5432'
  const [retried, discarded] = await db.$transaction(async (tx) => {
    await tx.$queryRaw`SELECT setval(pg_get_serial_sequence('graphile_worker._private_jobs', 'id'), 4711)`
    const names = ['sessions.removeEnded', 'apiKeys.removeEnded']
    for (const name of names) await tx.$executeRaw`SELECT graphile_worker.add_job(${name}, max_attempts => 5)`
    return tx.$queryRaw<[{ id: string }, { id: string }]>`
      SELECT id::text FROM graphile_worker.permanently_fail_jobs(ARRAY[4712, 4713], ${reason}) ORDER BY id`
  })
  await recorder.call('jobs.list', { token, input: { status: 'failed', limit: 2 } })
  await recorder.call('jobs.retry', { token, input: { id: retried.id } })
  await recorder.call('jobs.discard', { token, input: { id: discarded.id } })
}

const registered = { email: 'lin@example.com', name: 'Lin Hartmann', password: 'a-passphrase-for-lin' }
const changed = 'another-passphrase-for-lin'

async function playRegistration(recorder: Recorder, server: DemoServer): Promise<void> {
  const { email } = registered
  await recorder.call('auth.register', { input: registered })
  await recorder.call('auth.resendVerification', { input: { email } })
  await recorder.call('auth.verifyEmail', { input: { token: await server.mailedToken(email) } })
}

async function playPasswords(recorder: Recorder, server: DemoServer): Promise<void> {
  const { email, password } = registered
  await recorder.call('auth.requestPasswordReset', { input: { email } })
  const reset = await server.mailedToken(email)
  await recorder.call('auth.resetPassword', { input: { token: reset, password: changed } })
  const { refreshToken } = await session(recorder, { email, password: changed })
  const { accessToken, refreshToken: next } = await recorder.call('auth.refresh', { input: { refreshToken } })
  const token = String(accessToken)
  const change = { currentPassword: changed, newPassword: password }
  await recorder.call('auth.changePassword', { token, input: change })
  const moved = 'lin.hartmann@example.com'
  await recorder.call('auth.requestEmailChange', { token, input: { email: moved, currentPassword: password } })
  await recorder.call('auth.confirmEmailChange', { input: { token: await server.mailedToken(moved) } })
  await recorder.call('auth.logout', { input: { refreshToken: next } })
  const last = await session(recorder, { email: moved, password })
  await recorder.call('users.removeMe', { token: String(last['accessToken']), input: { password } })
}
