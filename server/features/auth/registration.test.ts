import { randomInt } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import app from '../../../app.json' with { type: 'json' }
import { freshAddress, logIn, mailsTo, newestToken, outcomeOf, testOrigin } from '../../testing/accounts.js'
import { createBrowserJar } from '../../testing/browser-jar.js'
import { createUser } from '../../testing/factories.js'
import { startTestApp } from '../../testing/test-app.js'

const password = 'the owner chose this one'
const strangersPassword = 'the stranger chose this'

const t = await startTestApp({ environment: { DATABASE_POOL_MAX: '11' } })
const register = (email: string, overrides: { password?: string; name?: string } = {}) =>
  t.container.services.auth.register(originOf(), { email, password, name: 'Owner', ...overrides })
const resend = (email: string) => t.container.services.auth.resendVerification(originOf(), { email })
const verify = (token: string) => t.container.services.auth.verifyEmail(testOrigin, { token })
// Each call has a different network, so that they do not exceed limits together.
const someIp = () => `10.${randomInt(256)}.${randomInt(256)}.${randomInt(1, 255)}`
const originOf = () => ({ ...testOrigin, ip: someIp() })
const livingUser = (email: string) => t.db.user.findFirst({ where: { email }, omit: { passwordHash: false } })

describe('registering', () => {
  it('S1: 64 four-byte characters: 202 and no user yet; the link creates one that can log in', async () => {
    const email = freshAddress()
    const password = '🔑'.repeat(64)
    const reply = await t.rest()('POST', '/auth/register', { body: { email, password, name: 'Owner' } })
    expect(reply).toMatchObject({ status: 202, body: { data: { status: 'verification_sent' } } })
    expect(await livingUser(email)).toBeNull()
    expect(await outcomeOf(logIn(t, email, password))).toBe('INVALID_CREDENTIALS')
    const token = await newestToken(t, email)
    expect((await t.rest()('POST', '/auth/verify-email', { body: { token } })).status).toBe(204)
    expect(await livingUser(email)).toMatchObject({ name: 'Owner', role: 'user', emailVerifiedAt: t.clock.now() })
    expect((await logIn(t, email, password)).user.email).toBe(email)
  })

  it('S6: returns the same for a known and an unknown address, and informs the owner by mail', async () => {
    const user = await createUser(t)
    const body = { password, name: 'Somebody' }
    const known = await t.rest()('POST', '/auth/register', { body: { ...body, email: user.email } })
    const unknown = await t.rest()('POST', '/auth/register', { body: { ...body, email: freshAddress() } })
    expect([known.status, known.body]).toEqual([unknown.status, unknown.body])
    expect(await t.db.registration.count({ where: { email: user.email } })).toBe(0)
    const [mail] = await mailsTo(t, user.email)
    expect(mail?.text).not.toContain('token=')
  })

  it('S1, S3: rejects short, common and personal passwords, and names the field', async () => {
    const email = freshAddress()
    await expect(register(email, { password: 'fourteen chars' })).rejects.toMatchObject({
      code: 'VALIDATION_ERROR',
      details: [{ path: 'password', code: 'too_small' }],
    })
    for (const common of ['passwordpassword', app.name.repeat(20).slice(0, 60), email]) {
      expect(await outcomeOf(register(email, { password: common }))).toBe('PASSWORD_TOO_COMMON')
    }
    expect(await t.db.registration.count({ where: { email } })).toBe(0)
  })

  it('treats the address of a deleted user as unknown', async () => {
    const user = await createUser(t, { deletedAt: t.clock.now() })
    await register(user.email)
    await verify(await newestToken(t, user.email))
    expect((await livingUser(user.email))?.id).not.toBe(user.id)
  })

  it('S15: stores no token in the outbox or in the database', async () => {
    const email = freshAddress()
    await register(email)
    const token = await newestToken(t, email)
    const rows = await t.db.$queryRaw`
      SELECT o::text AS row FROM "OutboxMail" o UNION ALL SELECT m::text FROM "MailToken" m
      UNION ALL SELECT a::text FROM "AuditEvent" a UNION ALL SELECT r::text FROM "Registration" r`
    expect(JSON.stringify(rows)).not.toContain(token)
    expect(JSON.stringify(rows)).not.toContain(Buffer.from(token, 'base64url').toString('hex'))
  })
})

describe('verification links', () => {
  it('S22: of 20 concurrent uses one succeeds', async () => {
    const email = freshAddress()
    await register(email)
    const token = await newestToken(t, email)
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => outcomeOf(verify(token))))
    expect(outcomes.filter((outcome) => outcome === 'OK')).toHaveLength(1)
    expect(outcomes.filter((outcome) => outcome === 'INVALID_TOKEN')).toHaveLength(19)
    expect(await t.db.user.count({ where: { email } })).toBe(1)
  })

  it('S26: activates only its own registration, and deletes all others of the address', async () => {
    const email = freshAddress()
    await register(email)
    const owners = await newestToken(t, email)
    await register(email, { password: strangersPassword, name: 'Stranger' })
    const strangers = await newestToken(t, email)
    await verify(owners)
    expect(await livingUser(email)).toMatchObject({ name: 'Owner' })
    expect(await t.db.registration.count({ where: { email } })).toBe(0)
    expect(await outcomeOf(verify(strangers))).toBe('INVALID_TOKEN')
    expect(await outcomeOf(logIn(t, email, strangersPassword))).toBe('INVALID_CREDENTIALS')
    expect(await outcomeOf(logIn(t, email, password))).toBe('OK')
  })

  it('S26: of two concurrently used links of one address, one creates the user and the other is rejected', async () => {
    const email = freshAddress()
    await register(email)
    const first = await newestToken(t, email)
    await register(email, { name: 'Other' })
    const second = await newestToken(t, email)
    const outcomes = await Promise.all([first, second, first, second].map((token) => outcomeOf(verify(token))))
    expect(outcomes.toSorted()).toEqual(['INVALID_TOKEN', 'INVALID_TOKEN', 'INVALID_TOKEN', 'OK'])
  })

  it('is rejected if the address was taken meanwhile', async () => {
    const email = freshAddress()
    await register(email)
    const token = await newestToken(t, email)
    const taker = await createUser(t, { email, name: 'Taker' })
    expect(await outcomeOf(verify(token))).toBe('INVALID_TOKEN')
    expect(await livingUser(email)).toMatchObject({ id: taker.id, name: 'Taker' })
  })

  it('expires after a day; S22: a repeated request sends the same link, valid for another day', async () => {
    const email = freshAddress()
    await register(email)
    const first = await newestToken(t, email)
    t.clock.advance(23 * 3600)
    await resend(email)
    expect(await newestToken(t, email)).toBe(first)
    expect((await mailsTo(t, email)).length).toBe(2)
    t.clock.advance(24 * 3600)
    expect(await outcomeOf(verify(first))).toBe('INVALID_TOKEN')
    await resend(email)
    expect(await outcomeOf(verify(await newestToken(t, email)))).toBe('OK')
  })

  it('S23: accepts only strings, and only by POST', async () => {
    for (const token of [{}, { not: '' }, [], null, 7, true]) {
      const reply = await t.rest()('POST', '/auth/verify-email', { body: { token } })
      expect(reply).toMatchObject({ status: 400, body: { error: { code: 'VALIDATION_ERROR' } } })
    }
    expect((await t.rest()('GET', '/auth/verify-email', { query: { token: 'x' } })).status).toBe(405)
  })
})

describe('requesting the link again', () => {
  it('S6, S8: returns the same for a pending, a known and an unknown address, however often', async () => {
    const pending = freshAddress()
    await register(pending)
    const known = (await createUser(t)).email
    for (const email of [pending, known, freshAddress()]) {
      const answers = []
      for (let call = 0; call < 8; call += 1) {
        answers.push(await t.rest()('POST', '/auth/resend-verification', { body: { email } }))
      }
      expect(answers.map(({ status, body }) => [status, body.data])).toEqual(
        answers.map(() => [202, { status: 'verification_sent' }]),
      )
    }
    expect(await mailsTo(t, known)).toEqual([])
    expect(await mailsTo(t, pending)).toHaveLength(3)
  })

  it('S26: after the owner and a stranger have registered, no requested link has the password of the stranger', async () => {
    for (const isOwnerFirst of [true, false]) {
      const email = freshAddress()
      const asks = [() => register(email), () => register(email, { password: strangersPassword, name: 'Stranger' })]
      for (const ask of isOwnerFirst ? asks : asks.toReversed()) {
        await ask()
        t.clock.advance(1)
      }
      await resend(email)
      await verify(await newestToken(t, email))
      expect(await outcomeOf(logIn(t, email, strangersPassword))).toBe('INVALID_CREDENTIALS')
      expect((await livingUser(email))?.name).not.toBe('Stranger')
      const { auth } = t.container.services
      await auth.resetPassword(testOrigin, { token: await newestToken(t, email), password })
      expect(await outcomeOf(logIn(t, email, password))).toBe('OK')
    }
  })

  it('S26: the browser that registered gets its own link again, and cannot use that of a stranger', async () => {
    for (const isOwnerFirst of [true, false]) {
      const [email, owner, stranger] = [freshAddress(), createBrowserJar(t.app), createBrowserJar(t.app)]
      const asks = [
        () => owner.post('/auth/register', { email, password, name: 'Owner' }, { ip: someIp() }),
        () => stranger.post('/auth/register', { email, password: strangersPassword, name: 'X' }, { ip: someIp() }),
      ]
      for (const ask of isOwnerFirst ? asks : asks.toReversed()) {
        expect((await ask()).status).toBe(202)
        t.clock.advance(1)
      }
      const links = (await mailsTo(t, email)).map((mail) => t.mailer.linkTokenOf(mail))
      const strangers = links[isOwnerFirst ? 1 : 0]
      expect((await owner.post('/auth/verify-email', { token: strangers })).status).toBe(401)
      await owner.post('/auth/resend-verification', { email })
      expect((await owner.post('/auth/verify-email', { token: await newestToken(t, email) })).status).toBe(204)
      expect(await outcomeOf(logIn(t, email, strangersPassword))).toBe('INVALID_CREDENTIALS')
      expect(await outcomeOf(logIn(t, email, password))).toBe('OK')
      expect(await livingUser(email)).toMatchObject({ name: 'Owner' })
    }
  })

  it('S26: an owner whose registration has expired does not get the registration of a stranger', async () => {
    const email = freshAddress()
    await register(email)
    t.clock.advance(6 * 24 * 3600)
    await register(email, { password: strangersPassword, name: 'Stranger' })
    t.clock.advance(2 * 24 * 3600)
    await resend(email)
    await verify(await newestToken(t, email))
    expect(await outcomeOf(logIn(t, email, strangersPassword))).toBe('INVALID_CREDENTIALS')
    expect(await livingUser(email)).toMatchObject({ passwordHash: null })
  })

  it('S26, S80: an owner whose mails strangers used up can use one of their links, which sets no password', async () => {
    const [email, owner] = [freshAddress(), createBrowserJar(t.app)]
    for (let count = 0; count < 3; count += 1) await register(email, { password: strangersPassword, name: 'X' })
    await owner.post('/auth/register', { email, password, name: 'Owner' }, { ip: someIp() })
    expect(await mailsTo(t, email)).toHaveLength(3)
    expect((await owner.post('/auth/verify-email', { token: await newestToken(t, email) })).status).toBe(204)
    expect(await outcomeOf(logIn(t, email, strangersPassword))).toBe('INVALID_CREDENTIALS')
    expect(await livingUser(email)).toMatchObject({ name: 'Owner' })
    const invitation = { token: await newestToken(t, email), password }
    expect((await owner.post('/auth/password-reset/confirm', invitation)).status).toBe(204)
    expect(await outcomeOf(logIn(t, email, password))).toBe('OK')
  })

  it('S6, S15: every browser that registers gets a mark of the same form, which is not stored in the database', async () => {
    const marks = []
    for (const email of [freshAddress(), (await createUser(t)).email]) {
      const browser = createBrowserJar(t.app)
      await browser.post('/auth/register', { email, password, name: 'Owner' }, { ip: someIp() })
      marks.push(browser.valuesOf('registration')[0] ?? '')
    }
    for (const mark of marks) expect(mark).toMatch(/^[0-9a-f-]{36}\.[\w-]{43}$/)
    const rows = await t.db.$queryRaw`SELECT r::text AS row FROM "Registration" r`
    for (const mark of marks) expect(JSON.stringify(rows)).not.toContain(mark.split('.')[1])
  })
})

describe('S80: mails to an unverified address', () => {
  it('are limited to three per hour, for any number of networks, and contain nothing that a stranger entered', async () => {
    const email = freshAddress()
    const name = 'You have won, call 0900 123456 now'
    for (let count = 0; count < 6; count += 1) {
      const body = { email, password: strangersPassword, name }
      expect((await createBrowserJar(t.app).post('/auth/register', body, { ip: someIp() })).status).toBe(202)
    }
    const mails = await mailsTo(t, email)
    expect(mails).toHaveLength(3)
    expect(JSON.stringify(mails)).not.toContain('0900 123456')
  })
})
