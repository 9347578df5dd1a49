import { randomUUID } from 'node:crypto'
import { demoAdmin, demoUser } from '../../../prisma/seed.js'
import type { Tokens } from './base.js'
import type { DemoServer } from './demo-server.js'
import { codeOf, type Recorder } from './recorder.js'

const invited = { email: 'noor@example.com', name: 'Noor Haddad' }

/** Provokes one error of each code. */
export async function playFailures(recorder: Recorder, server: DemoServer, tokens: Tokens): Promise<void> {
  await playCredentials(recorder, tokens)
  await playRows(recorder, tokens)
  await playKeys(recorder, tokens)
  await playTransport(recorder, server, tokens)
}

/** The same for those that need a broken server. Nothing can be called afterwards. */
export async function playOutages(recorder: Recorder, server: DemoServer, { admin: token }: Tokens): Promise<void> {
  // A row that no version of the server writes.
  await server.db.auditEvent.updateMany({ data: { type: 'x'.repeat(1000) } })
  await recorder.fail('INTERNAL_ERROR', 'audit.list', { token })
  await server.endDatabase()
  await recorder.fail('SERVICE_UNAVAILABLE', 'users.list', { token })
}

async function playCredentials(recorder: Recorder, { user: token }: Tokens): Promise<void> {
  await recorder.fail('UNAUTHORIZED', 'users.me')
  await recorder.fail('INVALID_CREDENTIALS', 'auth.login', {
    input: { email: demoUser.email, password: 'a wrong password' },
  })
  await recorder.fail('INVALID_TOKEN', 'auth.verifyEmail', { input: { token: 'A'.repeat(43) } })
  await recorder.fail('FORBIDDEN', 'users.list', { token })
  const change = { currentPassword: demoUser.password, newPassword: 'passwordpassword' }
  await recorder.fail('PASSWORD_TOO_COMMON', 'auth.changePassword', { token, input: change })
}

async function playRows(recorder: Recorder, { user, admin }: Tokens): Promise<void> {
  await recorder.fail('VALIDATION_ERROR', 'users.create', {
    token: admin,
    input: { email: 'noor', name: invited.name },
  })
  await recorder.fail('BAD_REQUEST', 'audit.list', { token: admin, input: { cursor: 'bm9uZQ' } })
  await recorder.fail('NOT_FOUND', 'users.get', { token: admin, input: { id: randomUUID() } })
  const { id: userId } = await recorder.call('users.me', { token: user })
  const { id: adminId } = await recorder.call('users.me', { token: admin })
  await recorder.fail('CONFLICT', 'users.resendInvitation', { token: admin, input: { id: userId } })
  const taken = { email: demoAdmin.email, name: invited.name }
  await recorder.fail('EMAIL_TAKEN', 'users.create', { token: admin, input: taken })
  await recorder.fail('LAST_ADMIN', 'users.update', { token: admin, input: { id: adminId, role: 'user' } })
  await recorder.fail('VERSION_MISMATCH', 'users.updateMe', { token: user, input: { name: 'Ada', version: 99 } })
}

async function playKeys(recorder: Recorder, { admin: token }: Tokens): Promise<void> {
  const headers = { 'idempotency-key': randomUUID() }
  await recorder.call('users.create', { token, input: invited, headers })
  const other = { ...invited, name: 'Noor' }
  await recorder.fail('IDEMPOTENCY_KEY_REUSED', 'users.create', { token, input: other, headers })
}

const json = { 'content-type': 'application/json' }

async function playTransport(recorder: Recorder, server: DemoServer, { user, admin }: Tokens): Promise<void> {
  const authorization = `Bearer ${user}`
  const request = async (options: object) => (await server.app.inject({ url: '/api/users/me', ...options })).json()
  recorder.keep(
    'METHOD_NOT_ALLOWED',
    await request({ method: 'PUT', headers: { authorization, ...json }, payload: {} }),
  )
  const large = JSON.stringify({ name: 'A'.repeat(300_000) })
  recorder.keep(
    'PAYLOAD_TOO_LARGE',
    await request({ method: 'PATCH', headers: { authorization, ...json }, payload: large }),
  )
  const text = { authorization, 'content-type': 'text/plain' }
  recorder.keep('UNSUPPORTED_MEDIA_TYPE', await request({ method: 'PATCH', headers: text, payload: 'Ada' }))
  await playInProgress(recorder, server, admin)
  await playRateLimit(recorder, server)
}

// Of requests with one key at once, all but one find that the first has not ended.
async function playInProgress(recorder: Recorder, { app }: DemoServer, admin: string): Promise<void> {
  while (!recorder.errors.has('IDEMPOTENCY_IN_PROGRESS')) {
    const headers = { authorization: `Bearer ${admin}`, 'idempotency-key': randomUUID() }
    const payload = { email: `noor-${randomUUID()}@example.com`, name: invited.name }
    const send = () => app.inject({ method: 'POST', url: '/api/users', headers, payload })
    const bodies = (await Promise.all([send(), send(), send()])).map((response) => response.json())
    const refused = bodies.find((body) => codeOf(body) === 'IDEMPOTENCY_IN_PROGRESS')
    if (refused) recorder.keep('IDEMPOTENCY_IN_PROGRESS', refused)
  }
}

async function playRateLimit(recorder: Recorder, { app }: DemoServer): Promise<void> {
  const send = () =>
    app.inject({ method: 'POST', url: '/api/auth/register', remoteAddress: '203.0.113.8', payload: {} })
  while (!recorder.errors.has('RATE_LIMITED')) {
    const response = await send()
    if (response.statusCode === 429) recorder.keep('RATE_LIMITED', response.json())
  }
}
