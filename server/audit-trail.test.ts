import { beforeAll, describe, expect, it } from 'vitest'
import { createCallers } from './callers.js'
import { auditEventPageSchema, listAuditEventsSchema } from './features/audit/schema.js'
import { freshAddress, newestToken } from './testing/accounts.js'
import { type Person as Admin, newPerson } from './testing/cast.js'
import { createDeadMail, createFailedJob, createSignedInUser, createUser } from './testing/factories.js'
import { testPassword } from './testing/secrets.js'
import { startTestApp } from './testing/test-app.js'
import { testSupport } from './testing/test-support.js'

type Person = Awaited<ReturnType<typeof createSignedInUser>>

const t = await startTestApp()
let admin: Admin

beforeAll(async () => {
  admin = await newPerson(t, { role: 'admin' })
})
const newPassword = 'a password nobody chose yet'
let callers = 0

/** Calls over REST, each time from another address, and expects a status of that class. */
async function call(person: Person | null, method: Method, path: string, body: object = {}, status = /^2/) {
  callers += 1
  const response = await t.app.inject({
    method,
    url: `/api${path}`,
    remoteAddress: `10.7.${Math.floor(callers / 250)}.${callers % 250}`,
    headers: person ? { authorization: `Bearer ${person.session.accessToken}` } : {},
    ...(method !== 'GET' && { payload: body }),
  })
  expect(String(response.statusCode), `${method} ${path}: ${response.body}`).toMatch(status)
  return response.body ? response.json().data : undefined
}

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE'

const logIn = (email: string, password = testPassword) =>
  call(null, 'POST', '/auth/login', { email, password }, password === testPassword ? /^200$/ : /^401$/)

type Action = () => Promise<{ userId: string | null }>

/** The action that causes each type of event of the base, and the user concerned, if any. */
const actionsOfBase: Record<string, Action> = {
  'login.succeeded': async () => {
    const { id: userId, email } = await createUser(t)
    await logIn(email)
    return { userId }
  },
  'login.failed': async () => {
    const { id: userId, email } = await createUser(t)
    await logIn(email, 'not the password at all')
    return { userId }
  },
  'login.throttled': async () => {
    const { id: userId, email } = await createUser(t)
    for (let tries = 0; tries < 10; tries += 1) await t.container.throttle.attempt(email)
    await call(null, 'POST', '/auth/login', { email, password: testPassword }, /^429$/)
    return { userId }
  },
  logout: asUser((person) => call(person, 'POST', '/auth/logout')),
  'session.revoked': asUser((person) => call(person, 'DELETE', `/sessions/${person.session.sessionId}`)),
  'session.replaced': async () => {
    const { user, session } = await createSignedInUser(t)
    const refreshTokens = [session.refreshToken]
    await t.db.$transaction((tx) => t.container.services.sessions.endReplaced(tx, { refreshTokens, origin }))
    return { userId: user.id }
  },
  'sessions.revoked': asUser((person) => call(person, 'DELETE', '/sessions')),
  'refresh.reused': asUser(async ({ session: { refreshToken } }) => {
    await call(null, 'POST', '/auth/refresh', { refreshToken })
    t.clock.advance(11)
    await call(null, 'POST', '/auth/refresh', { refreshToken }, /^401$/)
  }),
  'register.requested': async () => {
    await call(null, 'POST', '/auth/register', { email: freshAddress(), password: newPassword, name: 'New' })
    return { userId: null }
  },
  'email.verified': async () => {
    const email = freshAddress()
    await call(null, 'POST', '/auth/register', { email, password: newPassword, name: 'New' })
    await call(null, 'POST', '/auth/verify-email', { token: await newestToken(t, email) })
    const { id: userId } = await t.db.user.findFirstOrThrow({ where: { email } })
    return { userId }
  },
  'password.reset_requested': asUser(({ user: { email } }) => call(null, 'POST', '/auth/password-reset', { email })),
  'password.reset': asUser(async ({ user: { email } }) => {
    await call(null, 'POST', '/auth/password-reset', { email })
    const token = await newestToken(t, email)
    await call(null, 'POST', '/auth/password-reset/confirm', { token, password: newPassword })
  }),
  'password.changed': asUser((person) =>
    call(person, 'POST', '/auth/change-password', { currentPassword: testPassword, newPassword }),
  ),
  'password.refused': asUser((person) => {
    const body = { currentPassword: 'not the password at all', newPassword }
    return call(person, 'POST', '/auth/change-password', body, /^401$/)
  }),
  'user.created': async () => {
    const { id: userId } = await call(admin, 'POST', '/users', { email: freshAddress(), name: 'New' })
    return { userId }
  },
  'user.updated': asUser((person) => call(person, 'PATCH', '/users/me', { name: 'Renamed' })),
  'user.role_changed': asUser(({ user }) => call(admin, 'PATCH', `/users/${user.id}`, { role: 'admin' })),
  'user.disabled': asUser(({ user }) => call(admin, 'PATCH', `/users/${user.id}`, { status: 'disabled' })),
  'user.enabled': asUser(async ({ user }) => {
    await call(admin, 'PATCH', `/users/${user.id}`, { status: 'disabled' })
    await call(admin, 'PATCH', `/users/${user.id}`, { status: 'active' })
  }),
  'user.removed': asUser(({ user }) => call(admin, 'DELETE', `/users/${user.id}`)),
  'user.restored': asUser(async ({ user }) => {
    await call(admin, 'DELETE', `/users/${user.id}`)
    await call(admin, 'POST', `/users/${user.id}/restore`)
  }),
  'user.email_change_requested': asUser((person) =>
    call(person, 'POST', '/auth/email-change', { email: freshAddress(), currentPassword: testPassword }),
  ),
  'user.email_changed': asUser(async (person) => {
    const email = freshAddress()
    await call(person, 'POST', '/auth/email-change', { email, currentPassword: testPassword })
    await call(null, 'POST', '/auth/email-change/confirm', { token: await newestToken(t, email) })
  }),
  'user.invited': async () => {
    const { id: userId } = await createUser(t, { emailVerifiedAt: null, passwordHash: null })
    await call(admin, 'POST', `/users/${userId}/resend-invitation`)
    return { userId }
  },
  'user.exported': asUser((person) => call(person, 'GET', '/users/me/export')),
  'user.erased': asUser(async ({ user }) => {
    await call(admin, 'DELETE', `/users/${user.id}`)
    await call(admin, 'POST', `/users/${user.id}/erase`)
  }),
  'api_key.created': asUser((person) => call(person, 'POST', '/api-keys', { name: 'K', scopes: ['users:read'] })),
  'api_key.revoked': asUser(async (person) => {
    const { id } = await call(person, 'POST', '/api-keys', { name: 'K', scopes: ['users:read'] })
    await call(person, 'DELETE', `/api-keys/${id}`)
  }),
  'mail.retried': async () => {
    const { id } = await createDeadMail(t)
    await call(admin, 'POST', `/mail/${id}/retry`)
    return { userId: null }
  },
  'job.retried': async () => {
    const { id } = await createFailedJob(t)
    await call(admin, 'POST', `/jobs/${id}/retry`)
    return { userId: null }
  },
  'job.discarded': async () => {
    const { id } = await createFailedJob(t)
    await call(admin, 'DELETE', `/jobs/${id}`)
    return { userId: null }
  },
  'system.acted': async () => {
    await createCallers(t.container).asSystem('nightly report').users.list({})
    return { userId: null }
  },
}

const origin = { requestId: 'test-request', ip: '127.0.0.1', userAgent: 'test' }

/** An action of, or on, a logged-in user, whom its event concerns. */
function asUser(act: (person: Person) => Promise<unknown>) {
  return async () => {
    const person = await createSignedInUser(t)
    await act(person)
    return { userId: person.user.id }
  }
}

const actionsOfFeatures = testSupport.flatMap(({ auditActions = {} }) =>
  Object.entries(auditActions).map(([type, act]) => [type, asUser((owner) => act({ t, owner, admin }))] as const),
)
const actions: Record<string, Action> = { ...actionsOfBase, ...Object.fromEntries(actionsOfFeatures) }

const types = listAuditEventsSchema.shape.type.unwrap().options

describe('the audit trail', () => {
  it('has an action for each type of event, here or in the .test-support.ts of the feature', () => {
    expect(Object.keys(actions).toSorted()).toEqual([...types].toSorted())
  })

  it.each([...types])('records %s once, with the user concerned and the origin', async (type) => {
    const before = await t.db.auditEvent.count({ where: { type } })
    const { userId } = (await actions[type]?.()) ?? {}
    const events = await t.db.auditEvent.findMany({ where: { type }, orderBy: { id: 'asc' } })
    expect(events).toHaveLength(before + 1)
    expect(events.filter((event) => event.userId === userId).length).toBeGreaterThan(0)
    const { items } = auditEventPageSchema.parse(await listEvents(type))
    expect(items[0]).toMatchObject({ type, ip: expect.any(String), requestId: expect.any(String) })
  })
})

async function listEvents(type: string): Promise<unknown> {
  const headers = { authorization: `Bearer ${admin.session.accessToken}` }
  const { data, meta } = (await t.app.inject({ url: `/api/audit-events?type=${type}`, headers })).json()
  const dated = data.map((event: { createdAt: string }) => ({ ...event, createdAt: new Date(event.createdAt) }))
  return { items: dated, meta }
}
