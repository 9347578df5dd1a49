import { describe, expect, it } from 'vitest'
import { createPasswords, type Passwords } from '../../core/security/passwords.js'
import { authWith, freshAddress, instantPasswords, logIn, outcomeOf, testOrigin } from '../../testing/accounts.js'
import { refreshCookieName } from '../../testing/browser-jar.js'
import { errorOf } from '../../testing/errors.js'
import { createSignedInUser, createUser, signIn } from '../../testing/factories.js'
import { testPassword, testPepper } from '../../testing/secrets.js'
import { startTestApp } from '../../testing/test-app.js'

const wrong = 'not the password at all'

const t = await startTestApp({ environment: { DATABASE_POOL_MAX: '11' } })
function countingPasswords() {
  const passwords = createPasswords({ pepper: testPepper, minLength: 15, application: 'app' })
  const counts = { hash: 0, verify: 0 }
  const counted: Passwords = {
    ...passwords,
    hash(password, client) {
      counts.hash += 1
      return passwords.hash(password, client)
    },
    verify(password, hash, client) {
      counts.verify += 1
      return passwords.verify(password, hash, client)
    },
  }
  return { counts, passwords: counted }
}

/** One address for each reason why a login is rejected. */
async function refusedAddresses() {
  const now = t.clock.now()
  const [wrongPassword, deleted, disabled, unverified, invited] = await Promise.all([
    createUser(t),
    createUser(t, { deletedAt: now }),
    createUser(t, { disabledAt: now }),
    createUser(t, { emailVerifiedAt: null }),
    createUser(t, { emailVerifiedAt: null, passwordHash: null }),
  ])
  return [
    { state: 'unknown', email: freshAddress(), password: testPassword },
    { state: 'wrong', email: wrongPassword.email, password: wrong },
    { state: 'deleted', email: deleted.email, password: testPassword },
    { state: 'disabled', email: disabled.email, password: testPassword },
    { state: 'unverified', email: unverified.email, password: testPassword },
    { state: 'invited', email: invited.email, password: testPassword },
  ]
}

describe('logging in', () => {
  it('returns valid tokens, and creates a session', async () => {
    const user = await createUser(t)
    const answer = await t
      .client()
      .auth.login.mutate({ email: ` ${user.email.toUpperCase()} `, password: testPassword })
    expect(answer).toMatchObject({ tokenType: 'Bearer', expiresIn: 900, user: { id: user.id, email: user.email } })
    expect(answer).not.toHaveProperty('user.passwordHash')
    expect(answer.refreshToken).toBeTruthy()
    expect((await t.client(answer).users.me.query()).id).toBe(user.id)
    expect(await t.db.session.findMany({ where: { userId: user.id } })).toMatchObject([{ delivery: 'body' }])
    const events = await t.db.auditEvent.findMany({ where: { userId: user.id } })
    expect(events.map(({ type }) => type)).toEqual(['login.succeeded'])
  })

  it('S40: puts the refresh token into a cookie if requested, and not into the body', async () => {
    const user = await createUser(t)
    const body = { email: user.email, password: testPassword, delivery: 'cookie' }
    const reply = await t.rest()('POST', '/auth/login', { body })
    expect(reply.body.data).not.toHaveProperty('refreshToken')
    expect(String(reply.headers['set-cookie'])).toMatch(
      new RegExp(`^${refreshCookieName}=[\\w-]+\\.0\\.[\\w-]+; .*HttpOnly`),
    )
  })

  it('S5: unknown, wrong, deleted, disabled, unverified and invited get the same response after the same bcrypt work', async () => {
    const { counts, passwords } = countingPasswords()
    const auth = authWith(t, passwords)
    for (const { state, email, password } of await refusedAddresses()) {
      const before = counts.verify
      const call = auth.login(testOrigin, { email, password, delivery: 'body' })
      await expect(call, state).rejects.toMatchObject({ code: 'INVALID_CREDENTIALS', details: undefined })
      expect(counts.verify - before, state).toBe(1)
    }
    expect(counts.hash).toBe(0)
  })

  it('S5: both transports return the same body for an unknown address and a wrong password', async () => {
    const user = await createUser(t)
    const bodies = [user.email, freshAddress()].map((email) => ({ email, password: wrong }))
    const replies = []
    for (const body of bodies) replies.push(await t.rest()('POST', '/auth/login', { body }))
    const [known, unknown] = replies.map(({ status, body }) => ({ status, ...body.error, requestId: '' }))
    expect(known).toEqual(unknown)
    expect(known).toMatchObject({ status: 401, code: 'INVALID_CREDENTIALS' })
  })

  it('S5: apart from bcrypt the work is the same: the median difference of 200 alternating attempts is below 5 ms', async () => {
    const auth = authWith(t, instantPasswords)
    const known = (await createUser(t)).email
    const unknown = freshAddress()
    const times = { [known]: [] as number[], [unknown]: [] as number[] }
    for (let round = 0; round < 200; round += 1) {
      for (const email of round % 2 ? [known, unknown] : [unknown, known]) {
        const start = performance.now()
        await outcomeOf(auth.login(testOrigin, { email, password: wrong, delivery: 'body' }))
        times[email]?.push(performance.now() - start)
      }
    }
    expect(Math.abs(median(times[known]) - median(times[unknown]))).toBeLessThan(5)
  })

  it.each([
    ['a password reset', () => ({ passwordHash: 'another' })],
    ['disabling the account', () => ({ disabledAt: t.clock.now() })],
    ['deleting the account', () => ({ deletedAt: t.clock.now() })],
  ])('a login cannot bypass %s at the same time', async (_what, change) => {
    const user = await createUser(t)
    const passwords: Passwords = {
      ...instantPasswords,
      async verify() {
        await t.db.user.update({ where: { id: user.id }, data: change() })
        return true
      },
    }
    const login = authWith(t, passwords).login(testOrigin, {
      email: user.email,
      password: testPassword,
      delivery: 'body',
    })
    expect(await outcomeOf(login)).toBe('INVALID_CREDENTIALS')
    expect(await t.db.session.count({ where: { userId: user.id } })).toBe(0)
  })

  it('S8, S9: of 14 concurrent guesses 10 reach bcrypt, and the response says when to try again', async () => {
    const user = await createUser(t)
    const guess = () => outcomeOf(logIn(t, user.email, wrong))
    const outcomes = await Promise.all(Array.from({ length: 14 }, guess))
    expect(outcomes.filter((outcome) => outcome === 'INVALID_CREDENTIALS')).toHaveLength(10)
    expect(outcomes.filter((outcome) => outcome === 'RATE_LIMITED')).toHaveLength(4)
    expect(await t.db.auditEvent.count({ where: { userId: user.id, type: 'login.failed' } })).toBe(10)
    const error = await logIn(t, user.email, testPassword).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'RATE_LIMITED', retryAfterSeconds: expect.any(Number) })
    expect(await t.db.auditEvent.count({ where: { userId: user.id, type: 'login.throttled' } })).toBe(5)
  })
})

describe('logging out', () => {
  it('S20: ends the session of the refresh token: both tokens are rejected immediately', async () => {
    const { session } = await createSignedInUser(t)
    await t.client(session).users.me.query()
    await t.client().auth.logout.mutate({ refreshToken: session.refreshToken })
    const refresh = t.client().auth.refresh.mutate({ refreshToken: session.refreshToken })
    expect((await errorOf(refresh)).code).toBe('INVALID_TOKEN')
    expect((await errorOf(t.client(session).users.me.query())).code).toBe('UNAUTHORIZED')
  })

  it('changes and records nothing of a session that has ended before, as by a stolen token', async () => {
    const { user, session } = await createSignedInUser(t)
    const { id } = await t.db.session.findFirstOrThrow({ where: { userId: user.id } })
    const ended = { revokedAt: t.clock.now(), revokedReason: 'session.reused' }
    await t.db.session.update({ where: { id }, data: ended })
    t.clock.advance(60)
    await t.client().auth.logout.mutate({ refreshToken: session.refreshToken })
    expect(await t.db.session.findFirstOrThrow({ where: { id } })).toMatchObject(ended)
    expect(await t.db.auditEvent.count({ where: { userId: user.id, type: 'logout' } })).toBe(0)
  })

  it('ends only the session of the access token if there is no refresh token', async () => {
    const { user, session } = await createSignedInUser(t)
    const other = await signIn(t, user)
    const reply = await t.rest(session)('POST', '/auth/logout')
    expect(reply.status).toBe(204)
    expect((await errorOf(t.client(session).users.me.query())).code).toBe('UNAUTHORIZED')
    expect((await t.client(other).users.me.query()).id).toBe(user.id)
  })

  it('returns 204 for unknown and used tokens, and without any', async () => {
    const { session } = await createSignedInUser(t)
    const body = { refreshToken: session.refreshToken }
    for (const sent of [body, body, { refreshToken: 'unknown' }, {}]) {
      expect((await t.rest()('POST', '/auth/logout', { body: sent })).status).toBe(204)
    }
  })
})

function median(values: readonly number[] = []): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
