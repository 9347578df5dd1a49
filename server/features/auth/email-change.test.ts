import { randomInt } from 'node:crypto'
import { describe, expect, it } from 'vitest'
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
import { createSignedInUser, createUser, signIn } from '../../testing/factories.js'
import { testPassword } from '../../testing/secrets.js'
import { startTestApp } from '../../testing/test-app.js'

type Person = Awaited<ReturnType<typeof createSignedInUser>>

const t = await startTestApp({ environment: { DATABASE_POOL_MAX: '11' } })
const request = (person: Person, email: string, currentPassword = testPassword) =>
  t.client(person.session).auth.requestEmailChange.mutate({ email, currentPassword })
const confirm = (token: string) => t.container.services.auth.confirmEmailChange(testOrigin, { token })
const originOf = () => ({ ...testOrigin, ip: `10.9.${randomInt(256)}.${randomInt(1, 255)}` })
async function deadlocks(): Promise<bigint | undefined> {
  await t.db.$queryRaw`SELECT pg_stat_clear_snapshot()::text`
  const [row] = await t.db.$queryRaw<{ deadlocks: bigint }[]>`
    SELECT "deadlocks" FROM pg_stat_database WHERE "datname" = current_database()`
  return row?.deadlocks
}
const rowOf = (id: string) => t.db.user.findUniqueOrThrow({ where: { id } })
const isLiving = async (id: string) => (await t.db.session.findUniqueOrThrow({ where: { id } })).revokedAt === null

describe('S82: requesting a change of address', () => {
  it('requires the password, changes nothing yet, sends a link to the new address and a notice to the old one', async () => {
    const person = await createSignedInUser(t, { name: 'Ada Lovelace' })
    const email = freshAddress()
    expect(await request(person, ` ${email.toUpperCase()} `)).toEqual({ status: 'email_change_sent' })
    expect(await rowOf(person.user.id)).toMatchObject({ email: person.user.email, version: 1 })
    const [link] = await mailsTo(t, email)
    expect(link?.text).toContain('http://app.localhost:5173/confirm-email-change?token=')
    expect(link?.text).not.toContain('Ada Lovelace')
    const [notice] = await mailsTo(t, person.user.email)
    expect(notice?.text).not.toContain('token=')
    expect(notice?.text).not.toContain(email)
  })

  it('rejects anonymous callers and wrong passwords, and records the latter', async () => {
    const person = await createSignedInUser(t)
    const email = freshAddress()
    expect((await errorOf(request(person, email, 'not the password'))).code).toBe('INVALID_CREDENTIALS')
    expect(await mailsTo(t, email)).toEqual([])
    expect(await t.db.auditEvent.findMany({ where: { userId: person.user.id } })).toMatchObject([
      { type: 'password.refused', actorId: person.user.id },
    ])
    const call = t.client().auth.requestEmailChange.mutate({ email, currentPassword: testPassword })
    expect((await errorOf(call)).code).toBe('UNAUTHORIZED')
  })

  it.each([
    ['the password was changed', () => ({ passwordHash: 'another' })],
    ['the account was removed', () => ({ deletedAt: t.clock.now() })],
  ])('is rejected if %s while the old password was compared', async (_what, change) => {
    const { user, session } = await createSignedInUser(t)
    const passwords = {
      ...instantPasswords,
      verify: async () => Boolean(await t.db.user.update({ where: { id: user.id }, data: change() })),
    }
    const actor = { userId: user.id, sessionId: session.sessionId, role: 'user', origin: testOrigin } as const
    const email = freshAddress()
    const call = authWith(t, passwords).requestEmailChange(actor, { email, currentPassword: testPassword })
    expect(await outcomeOf(call)).toBe('INVALID_CREDENTIALS')
    expect(await mailsTo(t, email)).toEqual([])
  })

  it('does not end the requests of other users, nor remove mails that were sent', async () => {
    const [one, other] = [await createSignedInUser(t), await createSignedInUser(t)]
    const [first, second, others] = [freshAddress(), freshAddress(), freshAddress()]
    await request(other, others)
    await request(one, first)
    expect(await mailsTo(t, first)).toHaveLength(1)
    await request(one, second)
    expect(await t.db.outboxMail.count({ where: { to: first, status: 'sent' } })).toBe(1)
    expect(await outcomeOf(confirm(await newestToken(t, others)))).toBe('OK')
    const third = await createSignedInUser(t)
    await request(third, freshAddress())
    expect(await outcomeOf(confirm(await newestToken(t, second)))).toBe('OK')
  })

  it('cancels a waiting mail when another address is requested, and no mail of another user', async () => {
    const [one, other] = [await createSignedInUser(t), await createSignedInUser(t)]
    const [first, others] = [freshAddress(), freshAddress()]
    await request(one, first)
    await request(other, others)
    await request(one, freshAddress())
    expect(await t.db.outboxMail.count({ where: { to: first } })).toBe(0)
    expect(await t.db.outboxMail.count({ where: { to: others } })).toBe(1)
  })

  it('S80: sends no link without its notice, however many mails the network has requested', async () => {
    const person = await createSignedInUser(t)
    const origin = { ...testOrigin, ip: '198.51.100.77' }
    const actor = { userId: person.user.id, sessionId: person.session.sessionId, role: 'user', origin } as const
    const { auth } = t.container.services
    for (let count = 0; count < 99; count += 1) await auth.requestPasswordReset(origin, { email: freshAddress() })
    const email = freshAddress()
    await auth.requestEmailChange(actor, { email, currentPassword: testPassword })
    expect(await mailsTo(t, email)).toEqual([])
    expect(await mailsTo(t, person.user.email)).toHaveLength(1)
  })

  it('returns the same response for an address that has an account, with as many statements and the same notice', async () => {
    const taken = (await createUser(t)).email
    const answers = []
    for (const email of [freshAddress(), taken]) {
      const person = await createSignedInUser(t)
      const before = t.recorder.statements.length
      const answer = await request(person, email)
      answers.push({ answer, statements: t.recorder.statements.length - before })
      expect(await mailsTo(t, person.user.email)).toHaveLength(1)
    }
    expect(answers[0]).toEqual(answers[1])
    const token = await newestToken(t, taken)
    expect((await errorOf(t.client().auth.confirmEmailChange.mutate({ token }))).code).toBe('EMAIL_TAKEN')
  })
})

describe('S82: confirming a change of address', () => {
  it('S26: is rejected in the browser that waits for its own registration of that address', async () => {
    const [stranger, owner, email] = [await createSignedInUser(t), createBrowserJar(t.app), freshAddress()]
    const own = { email, password: 'the owner chose this one', name: 'Owner' }
    await owner.post('/auth/register', own)
    const owners = await newestToken(t, email)
    await request(stranger, email)
    const token = await newestToken(t, email)
    expect((await owner.post('/auth/email-change/confirm', { token })).status).toBe(401)
    expect((await owner.post('/auth/verify-email', { token: owners })).status).toBe(204)
    expect(await outcomeOf(confirm(token))).toBe('EMAIL_TAKEN')
    expect(await outcomeOf(logIn(t, email, own.password))).toBe('OK')
  })

  it('changes the address, ends the other sessions and links, and informs the old address', async () => {
    const person = await createSignedInUser(t)
    const other = await signIn(t, person.user)
    const { email: old, id } = person.user
    await t.container.services.auth.requestPasswordReset(testOrigin, { email: old })
    const resetToken = await newestToken(t, old)
    const email = freshAddress()
    await request(person, email)
    const token = await newestToken(t, email)
    expect((await t.rest()('POST', '/auth/email-change/confirm', { body: { token } })).status).toBe(204)
    expect(await rowOf(id)).toMatchObject({ email, emailVerifiedAt: t.clock.now(), version: 2 })
    expect([await isLiving(person.session.sessionId), await isLiving(other.sessionId)]).toEqual([true, false])
    const reset = { token: resetToken, password: 'a brand new passphrase' }
    expect(await outcomeOf(t.container.services.auth.resetPassword(testOrigin, reset))).toBe('INVALID_TOKEN')
    expect((await mailsTo(t, old)).at(-1)?.subject).toBe('The address of your account was changed')
    expect(await outcomeOf(logIn(t, old, testPassword))).toBe('INVALID_CREDENTIALS')
    expect(await outcomeOf(logIn(t, email, testPassword))).toBe('OK')
    const event = await t.db.auditEvent.findFirst({ where: { userId: id, type: 'user.email_changed' } })
    expect(event).toMatchObject({ actorId: id, data: { from: old, to: email } })
  })

  it('S22: works once, also for 20 concurrent uses', async () => {
    const person = await createSignedInUser(t)
    const email = freshAddress()
    await request(person, email)
    const token = await newestToken(t, email)
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => outcomeOf(confirm(token))))
    expect(outcomes.toSorted()).toEqual([...Array<string>(19).fill('INVALID_TOKEN'), 'OK'])
  })

  it('is rejected if the address was taken meanwhile, and succeeds for one of two who want the same address', async () => {
    const email = freshAddress()
    const [one, two] = [await createSignedInUser(t), await createSignedInUser(t)]
    const tokens = []
    for (const person of [one, two]) {
      await request(person, email)
      tokens.push(await newestToken(t, email))
    }
    const outcomes = await Promise.all(tokens.map((token) => outcomeOf(confirm(token))))
    expect(outcomes.toSorted()).toEqual(['EMAIL_TAKEN', 'OK'])
    expect(await t.db.user.count({ where: { email } })).toBe(1)
  })

  it('S22: a repeated request sends the same link; a request for another address ends it', async () => {
    const person = await createSignedInUser(t)
    const [first, second] = [freshAddress(), freshAddress()]
    await request(person, first)
    const token = await newestToken(t, first)
    await request(person, first)
    expect(await newestToken(t, first)).toBe(token)
    await request(person, second)
    expect(await outcomeOf(confirm(token))).toBe('INVALID_TOKEN')
    expect(await outcomeOf(confirm(await newestToken(t, second)))).toBe('OK')
  })

  it.each([
    ['a change of the password', (person: Person) => change(person)],
    ['disabling the account', (person: Person) => update(person, { disabledAt: t.clock.now() })],
    ['removing the account', (person: Person) => update(person, { deletedAt: t.clock.now() })],
    ['a day', async () => t.clock.advance(24 * 3600)],
  ])('the link ends with %s', async (_what, happen) => {
    const person = await createSignedInUser(t)
    const email = freshAddress()
    await request(person, email)
    const token = await newestToken(t, email)
    await happen(person)
    expect(await outcomeOf(confirm(token))).toBe('INVALID_TOKEN')
  })

  it('S12, S23: accepts no other kind of link and only strings, and no other confirmation accepts this link', async () => {
    const person = await createSignedInUser(t)
    const email = freshAddress()
    await request(person, email)
    const token = await newestToken(t, email)
    const { auth } = t.container.services
    expect(await outcomeOf(auth.verifyEmail(testOrigin, { token }))).toBe('INVALID_TOKEN')
    expect(await outcomeOf(auth.resetPassword(testOrigin, { token, password: testPassword }))).toBe('INVALID_TOKEN')
    await auth.requestPasswordReset(testOrigin, { email: person.user.email })
    expect(await outcomeOf(confirm(await newestToken(t, person.user.email)))).toBe('INVALID_TOKEN')
    for (const odd of [{}, [], null, { not: '' }]) {
      const reply = await t.rest()('POST', '/auth/email-change/confirm', { body: { token: odd } })
      expect(reply.status).toBe(400)
    }
    expect(await outcomeOf(confirm(token))).toBe('OK')
  })

  it('S22, S70: of both kinds of links that are used at the same time, one gets the address, without a deadlock', async () => {
    const before = await deadlocks()
    for (let round = 0; round < 4; round += 1) {
      const [person, email] = [await createSignedInUser(t), freshAddress()]
      await t.container.services.auth.register(originOf(), { email, password: 'somebody chose this', name: 'X' })
      const verification = await newestToken(t, email)
      await request(person, email)
      const token = await newestToken(t, email)
      const verify = () => t.container.services.auth.verifyEmail(testOrigin, { token: verification })
      const outcomes = await Promise.all([confirm(token), verify(), confirm(token), verify()].map(outcomeOf))
      expect(outcomes.filter((outcome) => outcome === 'OK')).toHaveLength(1)
      expect(await t.db.user.count({ where: { email } })).toBe(1)
    }
    expect(await deadlocks()).toBe(before)
  }, 60_000)

  it('S26: deletes the registrations of strangers for the new address', async () => {
    const person = await createSignedInUser(t)
    const email = freshAddress()
    await t.container.services.auth.register(testOrigin, { email, password: 'the stranger chose this', name: 'X' })
    const strangers = await newestToken(t, email)
    await request(person, email)
    await confirm(await newestToken(t, email))
    expect(await t.db.registration.count({ where: { email } })).toBe(0)
    expect(await outcomeOf(t.container.services.auth.verifyEmail(testOrigin, { token: strangers }))).toBe(
      'INVALID_TOKEN',
    )
  })
})

function change({ session }: Person) {
  return t.client(session).auth.changePassword.mutate({
    currentPassword: testPassword,
    newPassword: 'a brand new passphrase',
  })
}

function update({ user }: Person, data: { disabledAt?: Date; deletedAt?: Date }) {
  return t.db.user.update({ where: { id: user.id }, data })
}
