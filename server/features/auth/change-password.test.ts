import { expect, it } from 'vitest'
import { logIn, mailsTo, newestToken, outcomeOf, testOrigin } from '../../testing/accounts.js'
import { errorOf } from '../../testing/errors.js'
import { createSignedInUser, signIn } from '../../testing/factories.js'
import { testPassword } from '../../testing/secrets.js'
import { startTestApp } from '../../testing/test-app.js'

const newPassword = 'a brand new passphrase'
const t = await startTestApp()

it('S4, S20: requires the current password, ends the other sessions, revokes links in mails, and informs the owner', async () => {
  const { user, session } = await createSignedInUser(t)
  const other = await signIn(t, user)
  await t.client(other).users.me.query()
  await t.container.services.auth.requestPasswordReset(testOrigin, { email: user.email })
  const token = await newestToken(t, user.email)
  const body = { currentPassword: testPassword, newPassword }
  expect((await t.rest(session)('POST', '/auth/change-password', { body })).status).toBe(204)
  expect((await errorOf(t.client(other).users.me.query())).code).toBe('UNAUTHORIZED')
  const refresh = t.client().auth.refresh.mutate({ refreshToken: other.refreshToken })
  expect((await errorOf(refresh)).code).toBe('INVALID_TOKEN')
  expect((await t.client(session).users.me.query()).id).toBe(user.id)
  expect(await outcomeOf(t.container.services.auth.resetPassword(testOrigin, { token, password: newPassword }))).toBe(
    'INVALID_TOKEN',
  )
  expect((await mailsTo(t, user.email)).at(-1)?.text).not.toContain('token=')
  expect(await outcomeOf(logIn(t, user.email, testPassword))).toBe('INVALID_CREDENTIALS')
  expect(await outcomeOf(logIn(t, user.email, newPassword))).toBe('OK')
})

it('S4: rejects a wrong current password, and changes nothing', async () => {
  const { user, session } = await createSignedInUser(t)
  const call = t.client(session).auth.changePassword.mutate({ currentPassword: 'a wrong password', newPassword })
  expect((await errorOf(call)).code).toBe('INVALID_CREDENTIALS')
  expect(await outcomeOf(logIn(t, user.email, testPassword))).toBe('OK')
})

it('S1, S3: applies the policy to the new password, and names its key', async () => {
  const { user, session } = await createSignedInUser(t)
  const change = (chosen: string) =>
    errorOf(t.client(session).auth.changePassword.mutate({ currentPassword: testPassword, newPassword: chosen }))
  expect(await change('fourteen chars')).toMatchObject({
    code: 'VALIDATION_ERROR',
    details: [{ path: 'newPassword', code: 'too_small' }],
  })
  expect(await change(user.email)).toMatchObject({ code: 'PASSWORD_TOO_COMMON' })
})

it('of two concurrent changes, the second is rejected, because its current password is outdated', async () => {
  const { user, session } = await createSignedInUser(t)
  const actor = { userId: user.id, role: 'user', sessionId: session.sessionId, origin: testOrigin } as const
  const change = (chosen: string) =>
    outcomeOf(t.container.services.auth.changePassword(actor, { currentPassword: testPassword, newPassword: chosen }))
  const outcomes = await Promise.all([change('the first new passphrase'), change('the second new passphrase')])
  expect(outcomes.toSorted()).toEqual(['INVALID_CREDENTIALS', 'OK'])
})

it('requires authentication', async () => {
  const call = t.client().auth.changePassword.mutate({ currentPassword: testPassword, newPassword })
  expect((await errorOf(call)).code).toBe('UNAUTHORIZED')
})
