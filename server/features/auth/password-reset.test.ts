import { randomInt } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { enqueueMail } from '../../core/mail/outbox.js'
import {
  authWith,
  freshAddress,
  instantPasswords,
  logIn,
  mailsTo,
  newestToken,
  outcomeOf,
  testOrigin,
} from '../../testing/accounts.js'
import { createBrowserJar } from '../../testing/browser-jar.js'
import { errorOf } from '../../testing/errors.js'
import { createSignedInUser, createUser } from '../../testing/factories.js'
import { testPassword } from '../../testing/secrets.js'
import { startTestApp } from '../../testing/test-app.js'

const password = 'a brand new passphrase'

const t = await startTestApp({ environment: { DATABASE_POOL_MAX: '11' } })
// Each request has a different network, so that they do not exceed limits together.
const someIp = () => `10.${randomInt(256)}.${randomInt(256)}.${randomInt(1, 255)}`
const request = (email: string) =>
  t.container.services.auth.requestPasswordReset({ ...testOrigin, ip: someIp() }, { email })
const reset = (token: string, chosen = password) =>
  t.container.services.auth.resetPassword(testOrigin, { token, password: chosen })

async function tokenFor(email: string): Promise<string> {
  await request(email)
  return newestToken(t, email)
}

describe('requesting a reset', () => {
  it('S6: returns the same for known, unknown, disabled and deleted addresses, and sends a mail only to the first', async () => {
    const user = await createUser(t)
    const disabled = await createUser(t, { disabledAt: t.clock.now() })
    const deleted = await createUser(t, { deletedAt: t.clock.now() })
    const emails = [user.email, disabled.email, deleted.email, freshAddress()]
    for (const email of emails) {
      const reply = await t.rest()('POST', '/auth/password-reset', { body: { email } })
      expect(reply).toMatchObject({ status: 202, body: { data: { status: 'reset_sent' } } })
    }
    const counts: number[] = []
    for (const email of emails) counts.push((await mailsTo(t, email)).length)
    expect(counts).toEqual([1, 0, 0, 0])
  })

  it('S6: takes the same time for known and unknown addresses', { retry: 2 }, async () => {
    const times = { known: [] as number[], unknown: [] as number[] }
    for (let round = 0; round < 20; round += 1) {
      const addresses = { known: (await createUser(t)).email, unknown: freshAddress() }
      for (const kind of round % 2 ? (['known', 'unknown'] as const) : (['unknown', 'known'] as const)) {
        const start = performance.now()
        await request(addresses[kind])
        times[kind].push(performance.now() - start)
      }
    }
    // Compared within each round, because a busy machine makes both of a round slower.
    const differences = times.known.map((known, round) => known - (times.unknown[round] ?? 0))
    expect(Math.abs(median(differences))).toBeLessThan(Math.max(5, median(times.known) * 0.2))
  })

  it('S24: the link leads to the frontend of the settings, whatever host the request names', async () => {
    const { email } = await createUser(t)
    const named = { host: 'evil.example', 'x-forwarded-host': 'evil.example', origin: 'https://evil.example' }
    const reply = await t.rest()('POST', '/auth/password-reset', { body: { email }, headers: named })
    const [mail] = await mailsTo(t, email)
    expect([reply.status, mail?.text.includes('http://app.localhost:5173/reset-password?token=')]).toEqual([202, true])
    expect(JSON.stringify(mail)).not.toContain('evil.example')
  })

  it('S8, S22: always returns 202, and sends the same link three times per hour', async () => {
    const user = await createUser(t)
    for (const email of [user.email, freshAddress()]) {
      for (let call = 0; call < 25; call += 1) {
        expect((await t.rest()('POST', '/auth/password-reset', { body: { email } })).status).toBe(202)
      }
    }
    const tokens = (await mailsTo(t, user.email)).map((mail) => t.mailer.linkTokenOf(mail))
    expect(tokens).toHaveLength(3)
    expect(new Set(tokens).size).toBe(1)
    expect(await outcomeOf(reset(tokens[0] ?? ''))).toBe('OK')
  })
})

describe('S81: the mails of the owner', () => {
  it('are sent for a network and a browser of a former login after strangers have used up theirs', async () => {
    const user = await createUser(t)
    const [home, browser] = ['198.51.100.7', createBrowserJar(t.app)]
    const login = { email: user.email, password: testPassword, delivery: 'cookie' }
    await browser.post('/auth/login', login, { ip: home })
    for (let count = 0; count < 5; count += 1) await request(user.email)
    expect(await mailsTo(t, user.email)).toHaveLength(3)
    await createBrowserJar(t.app).post('/auth/password-reset', { email: user.email }, { ip: home })
    expect(await mailsTo(t, user.email)).toHaveLength(4)
    await browser.post('/auth/password-reset', { email: user.email }, { ip: someIp() })
    expect(await mailsTo(t, user.email)).toHaveLength(5)
    await request(user.email)
    expect(await mailsTo(t, user.email)).toHaveLength(5)
  })
})

describe('resetting', () => {
  it('S20, S24: sets the password, ends every session, does not log in, and informs the owner', async () => {
    const { user, session } = await createSignedInUser(t)
    await t.client(session).users.me.query()
    const token = await tokenFor(user.email)
    const reply = await t.rest()('POST', '/auth/password-reset/confirm', { body: { token, password } })
    expect(reply).toMatchObject({ status: 204, body: undefined })
    expect(reply.headers).not.toHaveProperty('set-cookie')
    expect((await errorOf(t.client(session).users.me.query())).code).toBe('UNAUTHORIZED')
    const refresh = t.client().auth.refresh.mutate({ refreshToken: session.refreshToken })
    expect((await errorOf(refresh)).code).toBe('INVALID_TOKEN')
    expect(await outcomeOf(logIn(t, user.email, testPassword))).toBe('INVALID_CREDENTIALS')
    expect(await outcomeOf(logIn(t, user.email, password))).toBe('OK')
    expect((await mailsTo(t, user.email)).map(({ text }) => text.includes('token='))).toEqual([true, false])
  })

  it('S22: of 20 concurrent uses one succeeds, also without bcrypt to delay them', async () => {
    const user = await createUser(t)
    const token = await tokenFor(user.email)
    const auth = authWith(t, instantPasswords)
    const use = () => outcomeOf(auth.resetPassword(testOrigin, { token, password }))
    const outcomes = await Promise.all(Array.from({ length: 20 }, use))
    expect(outcomes.toSorted()).toEqual([...Array<string>(19).fill('INVALID_TOKEN'), 'OK'])
  })

  it('S22: a link is valid for 30 minutes; a repeated request sends the same one, with the same expiry', async () => {
    const user = await createUser(t)
    const first = await tokenFor(user.email)
    t.clock.advance(29 * 60)
    expect(await tokenFor(user.email)).toBe(first)
    expect(await t.db.mailToken.count({ where: { userId: user.id } })).toBe(1)
    t.clock.advance(60)
    expect(await outcomeOf(reset(first))).toBe('INVALID_TOKEN')
    const next = await tokenFor(user.email)
    expect(next).not.toBe(first)
    expect(await outcomeOf(reset(next))).toBe('OK')
  })

  it('S22: a reset revokes every other link of the user, including those in the outbox', async () => {
    const user = await createUser(t)
    const token = await tokenFor(user.email)
    await request(user.email)
    await reset(token)
    expect(await outcomeOf(reset(token))).toBe('INVALID_TOKEN')
    expect(await t.db.mailToken.count({ where: { userId: user.id, usedAt: null } })).toBe(0)
    expect((await mailsTo(t, user.email)).filter(({ text }) => text.includes('token='))).toHaveLength(1)
  })

  it('accepts an invitation, which also verifies the address', async () => {
    const { id, email, name } = await createUser(t, { passwordHash: null, emailVerifiedAt: null })
    await t.db.$transaction((tx) =>
      enqueueMail(tx, t.clock, { template: 'invitation', to: email, params: { userId: id, name } }),
    )
    await reset(await newestToken(t, email))
    const { user } = await logIn(t, email, password)
    expect(user).toMatchObject({ id, emailVerifiedAt: t.clock.now(), version: 2 })
  })

  it("S26: deletes registrations of strangers for the owner's address", async () => {
    const user = await createUser(t)
    const token = await tokenFor(user.email)
    const expiresAt = new Date(t.clock.now().getTime() + 1e9)
    await t.db.registration.create({ data: { email: user.email, name: 'Stranger', passwordHash: 'x', expiresAt } })
    await reset(token)
    expect(await t.db.registration.count({ where: { email: user.email } })).toBe(0)
  })

  it('S8: resets the attempts of an account', async () => {
    const user = await createUser(t)
    const throttled = async () => (await outcomeOf(logIn(t, user.email, 'not the password at all'))) === 'RATE_LIMITED'
    const guesses = Array.from({ length: 11 }, throttled)
    expect((await Promise.all(guesses)).some(Boolean)).toBe(true)
    await reset(await tokenFor(user.email))
    expect(await outcomeOf(logIn(t, user.email, password))).toBe('OK')
  })

  it('S1, S3: applies the policy, and leaves the link valid', async () => {
    const user = await createUser(t)
    const token = await tokenFor(user.email)
    await expect(reset(token, 'too short')).rejects.toMatchObject({
      details: [{ path: 'password', code: 'too_small' }],
    })
    expect(await outcomeOf(reset(token, user.email))).toBe('PASSWORD_TOO_COMMON')
    expect(await outcomeOf(reset(token))).toBe('OK')
  })

  it('rejects links of users who were disabled or deleted meanwhile', async () => {
    for (const change of [{ disabledAt: t.clock.now() }, { deletedAt: t.clock.now() }]) {
      const user = await createUser(t)
      const token = await tokenFor(user.email)
      await t.db.user.update({ where: { id: user.id }, data: change })
      expect(await outcomeOf(reset(token))).toBe('INVALID_TOKEN')
    }
  })

  it('S12, S23: accepts no verification token, no refresh token, and only strings', async () => {
    const { session } = await createSignedInUser(t)
    const email = freshAddress()
    await t.container.services.auth.register(testOrigin, { email, password, name: 'New' })
    const verification = await newestToken(t, email)
    for (const token of [verification, session.refreshToken, session.accessToken, 'unknown', '\0']) {
      expect(await outcomeOf(reset(token))).toBe('INVALID_TOKEN')
    }
    for (const token of [{}, { not: '' }, [], null]) {
      const reply = await t.rest()('POST', '/auth/password-reset/confirm', { body: { token, password } })
      expect(reply.body.error.code).toBe('VALIDATION_ERROR')
    }
  })
})

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
