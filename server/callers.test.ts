import { randomUUID } from 'node:crypto'
import { TRPCClientError } from '@trpc/client'
import { TRPCError } from '@trpc/server'
import { getHTTPStatusCodeFromError } from '@trpc/server/http'
import { describe, expect, it, vi } from 'vitest'
import { createCallers } from './callers.js'
import { CallError } from './core/call-error.js'
import { freshAddress, mailsTo } from './testing/accounts.js'
import { outcomeOfCall } from './testing/errors.js'
import { createSignedInUser, createUser, signIn } from './testing/factories.js'
import { testPassword } from './testing/secrets.js'
import { startTestApp } from './testing/test-app.js'

const t = await startTestApp()
const server = createCallers(t.container)
const origin = { requestId: 'in-process-1', ip: '10.1.0.1', userAgent: 'a test' }

async function errorOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => expect.fail('the call was answered, not refused'),
    (error: unknown) => error,
  )
}

describe('the errors of in-process callers', () => {
  it('have the same data as those that clients of tRPC get', async () => {
    const { session } = await createSignedInUser(t)
    const [client, caller] = [t.client(session), server.withToken(session.accessToken)]
    const [missing, outdated] = [{ id: randomUUID() }, { name: 'X', version: 9 }]
    const calls = [
      [() => client.users.list.query({}), () => caller.users.list({})],
      [() => client.sessions.revoke.mutate(missing), () => caller.sessions.revoke(missing)],
      [() => client.users.updateMe.mutate({ name: '' }), () => caller.users.updateMe({ name: '' })],
      [() => client.users.updateMe.mutate(outdated), () => caller.users.updateMe(outdated)],
      [() => t.client().users.me.query(), () => server.withToken(null).users.me()],
    ] as const
    for (const [overHttp, inProcess] of calls) {
      const [theirs, ours] = [await errorOf(overHttp()), await errorOf(inProcess())]
      if (!(theirs instanceof TRPCClientError && ours instanceof CallError)) throw ours
      const { rateLimits: _, ...data } = theirs.data
      const requestId = expect.stringMatching(/^[\w-]{8,}$/)
      expect(ours.data).toEqual({ ...data, error: { ...data.error, requestId } })
      expect([ours.code, getHTTPStatusCodeFromError(ours), ours.message]).toEqual([
        data.code,
        data.httpStatus,
        theirs.message,
      ])
    }
  })

  it('say nothing of the cause of a failure, and have it as their cause', async () => {
    const cause = new Error('planted cause')
    const crash = vi.spyOn(t.container.services.users, 'me').mockRejectedValueOnce(cause)
    const { user } = await createSignedInUser(t)
    const error = await errorOf(server.asUser(user.id, origin).users.me())
    crash.mockRestore()
    expect(error).toBeInstanceOf(TRPCError)
    expect(error).toMatchObject({
      data: { httpStatus: 500, error: { code: 'INTERNAL_ERROR', requestId: 'in-process-1' } },
    })
    expect(JSON.stringify(error)).not.toContain('planted')
    expect(error).toHaveProperty('cause', cause)
  })

  it('name a procedure that does not exist', async () => {
    const lost = Reflect.get(server.withToken(null), 'lost')
    expect(await outcomeOfCall(lost.found())).toBe('NOT_FOUND')
  })
})

describe('a caller with a token', () => {
  it('is the user of the token, and anonymous without one', async () => {
    const { user, session } = await createSignedInUser(t)
    expect(await server.withToken(session.accessToken).users.me()).toMatchObject({ id: user.id, email: user.email })
    for (const none of [null, undefined])
      expect(await outcomeOfCall(server.withToken(none).users.me())).toBe('UNAUTHORIZED')
    const guess = { token: 'A'.repeat(43) }
    expect(await outcomeOfCall(server.withToken(null).auth.verifyEmail(guess))).toBe('INVALID_TOKEN')
  })

  it.each(['', 'forged', 'a.b.c', 'Bearer x'])('is refused with the token %j', async (token) => {
    expect(await outcomeOfCall(server.withToken(token).users.me())).toBe('UNAUTHORIZED')
  })

  it('is refused as soon as its session has ended, also if it called before', async () => {
    const { session } = await createSignedInUser(t)
    const caller = server.withToken(session.accessToken)
    expect(await outcomeOfCall(caller.users.me())).toBe('OK')
    await t.client(session).auth.logout.mutate({})
    expect(await outcomeOfCall(caller.users.me())).toBe('UNAUTHORIZED')
  })

  it('logs out by its token', async () => {
    const { session } = await createSignedInUser(t)
    const caller = server.withToken(session.accessToken)
    await caller.auth.logout({})
    expect(await outcomeOfCall(caller.users.me())).toBe('UNAUTHORIZED')
  })

  it('is counted by the address that is given, and recorded with it', async () => {
    const guess = { token: 'A'.repeat(43) }
    const codes: string[] = []
    const visitor = server.withToken(null, { ip: '10.1.0.2' })
    for (let calls = 0; calls < 61; calls += 1) codes.push(await outcomeOfCall(visitor.auth.verifyEmail(guess)))
    expect([codes[0], codes.at(-1)]).toEqual(['INVALID_TOKEN', 'RATE_LIMITED'])
    const elsewhere = server.withToken(null, { ip: '10.1.0.3' })
    expect(await outcomeOfCall(elsewhere.auth.verifyEmail(guess))).toBe('INVALID_TOKEN')
    const { session } = await createSignedInUser(t, { role: 'admin' })
    const { id } = await server
      .withToken(session.accessToken, origin)
      .users.create({ email: freshAddress(), name: 'N' })
    expect(await t.db.auditEvent.findMany({ where: { type: 'user.created', userId: id } })).toMatchObject([origin])
  })
})

describe('a caller as a user', () => {
  it('has the rights of the user, and those of an admin only for an admin', async () => {
    const [user, admin] = [await createUser(t), await createUser(t, { role: 'admin' })]
    expect(await server.asUser(user.id.toUpperCase()).users.me()).toMatchObject({ id: user.id })
    expect(await outcomeOfCall(server.asUser(user.id).users.list({}))).toBe('FORBIDDEN')
    expect(await server.asUser(admin.id).users.get({ id: user.id })).toMatchObject({ id: user.id })
  })

  it('is recorded as the user', async () => {
    const { id } = await createUser(t)
    await server.asUser(id, origin).users.updateMe({ name: 'Renamed' })
    const events = await t.db.auditEvent.findMany({ where: { userId: id } })
    expect(events).toMatchObject([{ type: 'user.updated', actorId: id, ...origin }])
  })

  it.each([
    ['disabled', () => ({ disabledAt: t.clock.now() })],
    ['deleted', () => ({ deletedAt: t.clock.now() })],
    ['unverified', () => ({ emailVerifiedAt: null })],
  ])('is refused for a user who is %s, also if the caller called before', async (_kind, state) => {
    const { id } = await createUser(t, { role: 'admin' })
    const caller = server.asUser(id)
    expect(await outcomeOfCall(caller.users.list({}))).toBe('OK')
    await t.db.user.update({ where: { id }, data: state() })
    for (const call of [caller.users.me(), caller.users.list({}), server.asUser(id).users.me()]) {
      expect(await outcomeOfCall(call)).toBe('UNAUTHORIZED')
    }
  })

  it.each([randomUUID(), 'nobody', '', '00000000-0000-0000-0000-000000000000'])('is refused for %j', async (id) => {
    expect(await outcomeOfCall(server.asUser(id).users.me())).toBe('UNAUTHORIZED')
  })

  it('has no session: all are others, and a change of credentials ends all', async () => {
    const user = await createUser(t)
    const caller = server.asUser(user.id)
    await signIn(t, user)
    expect(await caller.sessions.list()).toMatchObject([{ isCurrent: false }])
    await caller.sessions.revokeOthers()
    expect(await caller.sessions.list()).toEqual([])
    await signIn(t, user)
    await caller.auth.changePassword({ currentPassword: testPassword, newPassword: 'a password nobody chose yet' })
    expect(await caller.sessions.list()).toEqual([])
  })

  it('can request a change of address, which ends all sessions', async () => {
    const user = await createUser(t)
    const email = freshAddress()
    await signIn(t, user)
    await server.asUser(user.id).auth.requestEmailChange({ email, currentPassword: testPassword })
    const [mail] = await mailsTo(t, email)
    await server.withToken(null).auth.confirmEmailChange({ token: t.mailer.linkTokenOf(mail) })
    expect(await t.db.session.count({ where: { userId: user.id, revokedAt: null } })).toBe(0)
  })

  it('shares the limits of the user with the transports', async () => {
    const { user, session } = await createSignedInUser(t)
    for (let calls = 0; calls < 10; calls += 1) await server.asUser(user.id).users.exportMe()
    expect((await t.rest(session)('GET', '/users/me/export')).status).toBe(429)
    const error = await errorOf(server.asUser(user.id).users.exportMe())
    expect(error).toMatchObject({ data: { error: { code: 'RATE_LIMITED' }, retryAfterSeconds: expect.any(Number) } })
  })
})

describe('a caller as the system', () => {
  it('has the authority of an admin, and changes users without being one', async () => {
    const [{ id }] = [await createUser(t), await createUser(t, { role: 'admin' })]
    const system = server.asSystem('account review')
    expect(await system.users.update({ id, role: 'admin' })).toMatchObject({ role: 'admin' })
    await system.users.remove({ id })
    await system.users.erase({ id })
    expect((await system.users.list({ status: 'deleted' })).items).toContainEqual(expect.objectContaining({ id }))
  })

  it('names its reason in the audit trail once, before it acts, and in each event that it causes', async () => {
    const { id } = await createUser(t)
    const system = server.asSystem('nightly report')
    await Promise.all([system.users.list({}), system.users.list({})])
    await system.users.update({ id, name: 'Renamed' })
    const events = await t.db.auditEvent.findMany({
      where: { userAgent: 'system: nightly report' },
      orderBy: { id: 'asc' },
    })
    expect(events).toMatchObject([
      { type: 'system.acted', actorId: null, userId: null, data: { reason: 'nightly report' } },
      { type: 'user.updated', actorId: null, userId: id },
    ])
    expect(events[0]?.requestId).toBe(events[1]?.requestId)
  })

  it('does nothing without its event, and tries again to record it', async () => {
    const record = vi.spyOn(t.container.services.audit, 'record').mockRejectedValueOnce(new Error('no disk'))
    const system = server.asSystem('no disk')
    expect(await outcomeOfCall(system.users.list({}))).toBe('INTERNAL_ERROR')
    expect(await outcomeOfCall(system.users.list({}))).toBe('OK')
    record.mockRestore()
    expect(await t.db.auditEvent.count({ where: { userAgent: 'system: no disk' } })).toBe(1)
  })

  it('has no account and no rows of its own', async () => {
    const system = server.asSystem('own rows')
    for (const call of [system.users.me(), system.users.exportMe(), system.sessions.list()]) {
      expect(await outcomeOfCall(call)).toBe('FORBIDDEN')
    }
  })

  it('is subject to validation, and not to limits', async () => {
    const system = server.asSystem('many guesses')
    expect(await outcomeOfCall(system.users.get({ id: 'x' }))).toBe('VALIDATION_ERROR')
    expect(await outcomeOfCall(system.users.get({ id: randomUUID() }))).toBe('NOT_FOUND')
    const outcomes = new Set<string>()
    for (let calls = 0; calls < 61; calls += 1) {
      outcomes.add(await outcomeOfCall(system.auth.verifyEmail({ token: 'A'.repeat(43) })))
    }
    expect([...outcomes]).toEqual(['INVALID_TOKEN'])
  })

  it.each(['', ' ', 'x'.repeat(201)])('needs a reason, and %j is none', (reason) => {
    expect(() => server.asSystem(reason)).toThrow(/Give a reason/)
  })
})
