import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import { freshAddress, logIn, mailsTo, newestToken, outcomeOf, testOrigin } from '../../testing/accounts.js'
import { errorOf } from '../../testing/errors.js'
import { createSignedInUser, createUser } from '../../testing/factories.js'
import { startTestApp } from '../../testing/test-app.js'

type Person = Awaited<ReturnType<typeof createSignedInUser>>

const password = 'a brand new passphrase'
const t = await startTestApp()
let admin: Person

beforeAll(async () => {
  admin = await createSignedInUser(t, { role: 'admin' })
})
const as = (person?: Person) => t.client(person?.session).users
const invite = async () => as(admin).create.mutate({ email: freshAddress(), name: 'New' })
const accept = (token: string) => outcomeOf(t.container.services.auth.resetPassword(testOrigin, { token, password }))

describe('S85: users.resendInvitation', () => {
  test('sends another link, which invalidates the older one', async () => {
    const { id, email } = await invite()
    const first = await newestToken(t, email)
    const reply = await t.rest(admin.session)('POST', `/users/${id}/resend-invitation`)
    expect(reply).toMatchObject({ status: 202, body: { data: { status: 'invitation_sent' } } })
    const second = await newestToken(t, email)
    expect(second).not.toBe(first)
    expect(await accept(first)).toBe('INVALID_TOKEN')
    expect(await accept(second)).toBe('OK')
    expect(await outcomeOf(logIn(t, email, password))).toBe('OK')
    expect(await t.db.auditEvent.count({ where: { userId: id, type: 'user.invited' } })).toBe(1)
  })

  test('works after the invitation has expired', async () => {
    const { id, email } = await invite()
    const first = await newestToken(t, email)
    t.clock.advance(72 * 3600)
    expect(await accept(first)).toBe('INVALID_TOKEN')
    const fresh = { ...admin.user, session: (await createSignedInUser(t, { role: 'admin' })).session }
    await t.client(fresh.session).users.resendInvitation.mutate({ id })
    expect(await accept(await newestToken(t, email))).toBe('OK')
    admin = { user: admin.user, session: fresh.session }
  })

  test('sends at most three mails per hour including the first, and always leaves a valid link', async () => {
    const { id, email } = await invite()
    for (let count = 0; count < 5; count += 1) {
      await mailsTo(t, email)
      await as(admin).resendInvitation.mutate({ id })
    }
    expect(await mailsTo(t, email)).toHaveLength(3)
    expect(await accept(await newestToken(t, email))).toBe('OK')
  })

  test('is rejected for accounts with a password, disabled, removed and unknown ones, users and anonymous callers', async () => {
    const person = await createSignedInUser(t)
    const unproved = { emailVerifiedAt: null, passwordHash: null }
    const disabled = await createUser(t, { ...unproved, disabledAt: t.clock.now() })
    const removed = await createUser(t, { ...unproved, deletedAt: t.clock.now() })
    const codes = []
    for (const id of [person.user.id, disabled.id, removed.id, randomUUID()]) {
      codes.push((await errorOf(as(admin).resendInvitation.mutate({ id }))).code)
    }
    expect(codes).toEqual(['CONFLICT', 'CONFLICT', 'NOT_FOUND', 'NOT_FOUND'])
    expect((await errorOf(as(person).resendInvitation.mutate({ id: disabled.id }))).code).toBe('FORBIDDEN')
    expect((await errorOf(as().resendInvitation.mutate({ id: disabled.id }))).code).toBe('UNAUTHORIZED')
  })
})

describe('S85: an invitation requires an active account', () => {
  test('a new address of a disabled account gets its link when the account is enabled', async () => {
    const { id } = await createUser(t, { disabledAt: t.clock.now() })
    const email = freshAddress()
    await as(admin).update.mutate({ id, email })
    expect(await mailsTo(t, email)).toEqual([])
    await as(admin).update.mutate({ id, status: 'active' })
    expect(await accept(await newestToken(t, email))).toBe('OK')
  })

  test('disabling ends an invitation, and enabling or restoring sends another', async () => {
    const { id, email } = await invite()
    const first = await newestToken(t, email)
    await as(admin).update.mutate({ id, status: 'disabled' })
    await as(admin).update.mutate({ id, status: 'active' })
    const second = await newestToken(t, email)
    await as(admin).remove.mutate({ id })
    await as(admin).restore.mutate({ id })
    const third = await newestToken(t, email)
    expect(new Set([first, second, third]).size).toBe(3)
    expect([await accept(first), await accept(second), await accept(third)]).toEqual([
      'INVALID_TOKEN',
      'INVALID_TOKEN',
      'OK',
    ])
  })
})
