import { TRPCError } from '@trpc/server'
import { describe, expect, it } from 'vitest'
import { createCaller } from '../../caller.js'
import { toAppError } from '../../core/error-mapping.js'
import { createSignedInUser } from '../../testing/factories.js'
import { startTestApp } from '../../testing/test-app.js'

const t = await startTestApp()

async function callerOf(overrides: { role?: 'admin' } = {}, ip = '10.1.0.1') {
  const { user, session } = await createSignedInUser(t, overrides)
  const authorization = `Bearer ${session.accessToken}`
  return { user, caller: await createCaller(t.container, { authorization, ip, requestId: 'in-process-1' }) }
}

/** The error code of a call, or `OK`. */
async function refusalOf(call: Promise<unknown>): Promise<string> {
  const thrown: unknown = await call.then(
    () => null,
    (error: unknown) => error,
  )
  if (thrown === null) return 'OK'
  expect(thrown).toBeInstanceOf(TRPCError)
  return toAppError(thrown).code
}

describe('the in-process caller', () => {
  it('calls as the user of the credential, and returns the value of the procedure', async () => {
    const { user, caller } = await callerOf()
    expect(await caller.users.me()).toMatchObject({ id: user.id, email: user.email })
    const post = await caller.posts.create({ title: ' In process ', body: 'B' })
    expect(post).toMatchObject({ title: 'In process', author: { id: user.id } })
    expect(await t.db.post.count({ where: { id: post.id, authorId: user.id } })).toBe(1)
  })

  it('is anonymous without a credential, and rejected with an invalid one', async () => {
    const anonymous = await createCaller(t.container)
    expect(await refusalOf(anonymous.users.me())).toBe('UNAUTHORIZED')
    expect((await anonymous.posts.list({})).items).toEqual(expect.any(Array))
    const forged = await createCaller(t.container, { authorization: 'Bearer forged' })
    expect(await refusalOf(forged.posts.list({}))).toBe('UNAUTHORIZED')
  })

  it('is rejected for its role, for a row of another user and for its input, as over HTTP', async () => {
    const { caller } = await callerOf()
    const { caller: other, user } = await callerOf()
    const post = await other.posts.create({ title: 'Theirs', body: 'B' })
    expect(await refusalOf(caller.users.get({ id: user.id }))).toBe('FORBIDDEN')
    expect(await refusalOf(caller.posts.update({ id: post.id, title: 'Mine' }))).toBe('NOT_FOUND')
    expect(await refusalOf(caller.posts.create({ title: '', body: 'B' }))).toBe('VALIDATION_ERROR')
    const unknown = { title: 'T', body: 'B', authorId: user.id }
    expect(await refusalOf(caller.posts.create(unknown))).toBe('VALIDATION_ERROR')
  })

  it('is subject to declared limits', async () => {
    const ip = '10.1.0.2'
    const guess = { token: 'A'.repeat(43) }
    const anonymous = await createCaller(t.container, { ip })
    const codes: string[] = []
    for (let calls = 0; calls < 61; calls += 1) codes.push(await refusalOf(anonymous.auth.verifyEmail(guess)))
    expect(codes[0]).toBe('INVALID_TOKEN')
    expect(codes).toContain('RATE_LIMITED')
    const elsewhere = await createCaller(t.container, { ip: '10.1.0.3' })
    expect(await refusalOf(elsewhere.auth.verifyEmail(guess))).toBe('INVALID_TOKEN')
  })

  it('records the given origin in the audit trail', async () => {
    const { caller } = await callerOf({ role: 'admin' }, '10.1.0.4')
    const { id } = await caller.users.create({ email: 'in-process@example.com', name: 'New' })
    const [event] = await t.db.auditEvent.findMany({ where: { type: 'user.created', userId: id } })
    expect(event).toMatchObject({ ip: '10.1.0.4', userAgent: 'in-process', requestId: 'in-process-1' })
  })
})
