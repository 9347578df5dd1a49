import { describe, expect, it } from 'vitest'
import { errorOf } from '../../testing/errors.js'
import { createSignedInUser, createUser, signIn } from '../../testing/factories.js'
import { startTestApp } from '../../testing/test-app.js'

const t = await startTestApp()

const isOut = async (session: { accessToken: string }) =>
  t
    .client(session)
    .users.me.query()
    .then(
      () => false,
      () => true,
    )

describe('the list', () => {
  it('S21: shows the own active sessions, the last used one first, and marks the current one', async () => {
    const { user, session } = await createSignedInUser(t)
    t.clock.advance(1)
    const other = await signIn(t, user)
    const ended = await signIn(t, user)
    await t.client(session).sessions.revoke.mutate({ id: ended.sessionId })
    await createSignedInUser(t)
    const list = await t.client(session).sessions.list.query()
    expect(list.map(({ id, isCurrent }) => ({ id, isCurrent }))).toEqual([
      { id: other.sessionId, isCurrent: false },
      { id: session.sessionId, isCurrent: true },
    ])
    const keys = ['createdAt', 'id', 'ip', 'isCurrent', 'lastUsedAt', 'userAgent']
    expect(Object.keys(list[0] ?? {}).toSorted()).toEqual(keys)
    expect((await t.rest(session)('GET', '/sessions')).body.data).toHaveLength(2)
  })

  it('requires authentication', async () => {
    expect((await errorOf(t.client().sessions.list.query())).code).toBe('UNAUTHORIZED')
  })
})

describe('ending sessions', () => {
  it('S20, S21: ends one: its refresh token and its access token are rejected immediately', async () => {
    const { user, session } = await createSignedInUser(t)
    const other = await signIn(t, user)
    expect(await isOut(other)).toBe(false)
    expect((await t.rest(session)('DELETE', `/sessions/${other.sessionId}`)).status).toBe(204)
    expect(await isOut(other)).toBe(true)
    const refresh = t.client().auth.refresh.mutate({ refreshToken: other.refreshToken })
    expect((await errorOf(refresh)).code).toBe('INVALID_TOKEN')
    expect(await isOut(session)).toBe(false)
  })

  it('S28: a session of another user, an ended and an unknown one result in the same response', async () => {
    const { user, session } = await createSignedInUser(t)
    const ended = await signIn(t, user)
    await t.client(session).sessions.revoke.mutate({ id: ended.sessionId })
    const stranger = await createSignedInUser(t)
    const unknown = '01900000-0000-7000-8000-000000000000'
    for (const id of [stranger.session.sessionId, ended.sessionId, unknown]) {
      expect((await errorOf(t.client(session).sessions.revoke.mutate({ id }))).code).toBe('NOT_FOUND')
    }
    expect(await isOut(stranger.session)).toBe(false)
  })

  it('S20, S21: ends all others', async () => {
    const { user, session } = await createSignedInUser(t)
    const others = [await signIn(t, user), await signIn(t, user)]
    const stranger = await createSignedInUser(t)
    for (const other of others) expect(await isOut(other)).toBe(false)
    expect((await t.rest(session)('DELETE', '/sessions')).status).toBe(204)
    expect(await Promise.all([...others, session, stranger.session].map(isOut))).toEqual([true, true, false, false])
  })
})

describe('the validity of an access token', () => {
  it('S20: a session that ends on another instance is rejected here within 5 seconds', async () => {
    const { session } = await createSignedInUser(t)
    expect(await isOut(session)).toBe(false)
    await t.db.session.update({ where: { id: session.sessionId }, data: { revokedAt: t.clock.now() } })
    expect(await isOut(session)).toBe(false)
    t.clock.advance(5)
    expect(await isOut(session)).toBe(true)
  })

  it.each([
    ['disabled', { disabledAt: new Date() }],
    ['deleted', { deletedAt: new Date() }],
  ])('S20: so is the session of a user who is %s on another instance', async (_state, data) => {
    const { user, session } = await createSignedInUser(t)
    expect(await isOut(session)).toBe(false)
    await t.db.user.update({ where: { id: user.id }, data })
    t.clock.advance(5)
    expect(await isOut(session)).toBe(true)
  })

  it('S20: admin procedures apply a demotion immediately, and use the role of the user, not that of the token', async () => {
    const { user, session } = await createSignedInUser(t, { role: 'admin' })
    expect((await t.client(session).users.list.query({})).items.length).toBeGreaterThan(0)
    await t.db.user.update({ where: { id: user.id }, data: { role: 'user' } })
    expect((await errorOf(t.client(session).users.list.query({}))).code).toBe('FORBIDDEN')
    const promoted = await createSignedInUser(t)
    await t.db.user.update({ where: { id: promoted.user.id }, data: { role: 'admin' } })
    expect((await t.client(promoted.session).users.list.query({})).items.length).toBeGreaterThan(0)
  })

  it('S20: admin procedures reject an ended session immediately', async () => {
    const { session } = await createSignedInUser(t, { role: 'admin' })
    await t.client(session).users.list.query({})
    await t.db.session.update({ where: { id: session.sessionId }, data: { revokedAt: t.clock.now() } })
    expect((await errorOf(t.client(session).users.list.query({}))).code).toBe('UNAUTHORIZED')
  })

  it('an access token of one user with the session of another is rejected', async () => {
    const [owner, other] = [await createSignedInUser(t), await createUser(t)]
    const claims = { userId: other.id, role: 'user', sessionId: owner.session.sessionId } as const
    const { token } = await t.container.accessTokens.sign(claims)
    expect(await isOut({ accessToken: token })).toBe(true)
  })

  it('S13: malformed Authorization headers result in 401 on both transports', async () => {
    const { session } = await createSignedInUser(t)
    const values = [
      '',
      'Bearer',
      'Bearer ',
      'Basic YTpi',
      session.accessToken,
      `Bearer ${session.accessToken} x`,
      'Bearer é',
      `Bearer ${session.refreshToken}`,
    ]
    for (const authorization of values) {
      const rest = await t.app.inject({ url: '/api/users/me', headers: { authorization } })
      const trpc = await t.app.inject({ url: '/trpc/users.me', headers: { authorization } })
      expect([rest.statusCode, trpc.statusCode], authorization).toEqual([401, 401])
    }
  })
})
