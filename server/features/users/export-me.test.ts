import { describe, expect, inject, test } from 'vitest'
import { freshAddress, newestToken, testOrigin } from '../../testing/accounts.js'
import { errorOf } from '../../testing/errors.js'
import { createSignedInUser, createUser, signIn } from '../../testing/factories.js'
import { testPassword } from '../../testing/secrets.js'
import { startTestApp } from '../../testing/test-app.js'

const t = await startTestApp()

describe('S84: users.exportMe', () => {
  test('returns all data about the account, and nothing of others', async () => {
    const person = await createSignedInUser(t, { name: 'Ada' })
    const { user, session } = person
    await signIn(t, user)
    const api = t.client(session)
    await t.container.services.auth.requestPasswordReset(testOrigin, { email: user.email })
    const link = await newestToken(t, user.email)
    const email = freshAddress()
    await api.auth.requestEmailChange.mutate({ email, currentPassword: testPassword })
    await newestToken(t, email)
    const document = await api.users.exportMe.query()
    expect(document).toMatchObject({ isComplete: true, account: { id: user.id, email: user.email, name: 'Ada' } })
    expect(document.sessions).toHaveLength(2)
    expect(document.mails.map(({ template }) => template).toSorted()).toEqual([
      'email-change',
      'email-change-requested',
      'password-reset',
    ])
    expect(document.links.map((row) => [row.kind, row.email])).toEqual(
      expect.arrayContaining([
        ['reset', null],
        ['email_change', email],
      ]),
    )
    expect(document.auditEvents.map(({ type }) => type)).toContain('user.email_change_requested')
    const text = JSON.stringify(document)
    for (const secret of [inject('passwordHash'), session.refreshToken, link]) expect(text).not.toContain(secret)
  })

  test('contains no session, key, link, mail or event of another user', async () => {
    const [one, other] = [await createSignedInUser(t), await createSignedInUser(t)]
    for (const { user, session } of [one, other]) {
      await t.container.services.auth.requestPasswordReset(testOrigin, { email: user.email })
      await newestToken(t, user.email)
      await t.client(session).users.updateMe.mutate({ name: 'Renamed' })
      await t.client(session).apiKeys.create.mutate({ name: user.email, scopes: ['users:read'] })
      const used = { procedure: 'things.create', key: user.email, inputHash: Buffer.from('a hash'), answer: '{}' }
      await t.db.idempotencyKey.create({ data: { actorId: user.id, ...used, expiresAt: t.clock.now() } })
    }
    const document = await t.client(one.session).users.exportMe.query()
    expect(document.sessions.map(({ id }) => id)).toEqual([one.session.sessionId])
    expect(document.apiKeys).toMatchObject([{ name: one.user.email }])
    expect(document.idempotencyKeys).toMatchObject([{ procedure: 'things.create', key: one.user.email }])
    expect(document.links).toMatchObject([{ kind: 'reset' }])
    expect(document.mails).toMatchObject([{ to: one.user.email }])
    expect(document.auditEvents.map(({ userId }) => userId)).toEqual(document.auditEvents.map(() => one.user.id))
    expect(document.auditEvents.map(({ type }) => type).toSorted()).toEqual([
      'api_key.created',
      'password.reset_requested',
      'user.exported',
      'user.updated',
    ])
  })

  test('contains nothing of a previous owner of the address', async () => {
    const email = freshAddress()
    const former = await createUser(t, { email })
    const person = await createSignedInUser(t)
    await t.container.services.auth.requestPasswordReset(testOrigin, { email })
    await t.db.user.update({ where: { id: former.id }, data: { deletedAt: t.clock.now() } })
    await t.db.user.update({ where: { id: person.user.id }, data: { email } })
    expect((await t.client(person.session).users.exportMe.query()).mails).toEqual([])
  })

  test('contains no addresses of the users that an admin changed, and none of strangers', async () => {
    const admin = await createSignedInUser(t, { role: 'admin' })
    const { id, email } = await createUser(t)
    await t.client(admin.session).users.update.mutate({ id, email: freshAddress() })
    const stranger = { ...testOrigin, ip: '203.0.113.66' }
    const wrong = { email: admin.user.email, password: 'a wrong one', delivery: 'body' } as const
    await t.container.services.auth.login(stranger, wrong).catch(() => {})
    const document = await t.client(admin.session).users.exportMe.query()
    expect(document.auditEvents.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['user.email_changed', 'login.failed']),
    )
    expect(JSON.stringify(document)).not.toContain(email)
    expect(JSON.stringify(document)).not.toContain(stranger.ip)
  })

  test('rejects anonymous callers, and more than ten exports per hour', async () => {
    expect((await errorOf(t.client().users.exportMe.query())).code).toBe('UNAUTHORIZED')
    const { session } = await createSignedInUser(t)
    for (let count = 0; count < 10; count += 1) await t.client(session).users.exportMe.query()
    expect((await errorOf(t.client(session).users.exportMe.query())).code).toBe('RATE_LIMITED')
  })
})
