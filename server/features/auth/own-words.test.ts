import { randomUUID } from 'node:crypto'
import { beforeAll, expect, it } from 'vitest'
import { freshAddress, newestToken } from '../../testing/accounts.js'
import { createUser, signIn } from '../../testing/factories.js'
import { testPassword } from '../../testing/secrets.js'
import { startTestApp } from '../../testing/test-app.js'

const t = await startTestApp()
let hashingMs: number

beforeAll(async () => {
  const { code, ms } = await post('register', { email: freshAddress(), password: testPassword, name: 'Somebody' })
  expect(code).toBe(202)
  hashingMs = ms
})
// Words of one letter can be combined into these letters in too many ways to try all.
const passwords = [`${'a'.repeat(88)}b`, `${'a'.repeat(254)}b`]
const owners = [
  { by: 'the name', local: 'x', name: 'aaa aaaa aaaaa' },
  { by: 'the address alone', local: 'aaa.aaaa.aaaaa', name: 'X' },
]
const cases = owners.flatMap(({ by, local, name }) => {
  return passwords.map((password) => ({ by, email: `${local}@${randomUUID()}.example`, name, password }))
})

const refused = cases.map(({ by }) => ({ by, code: 'PASSWORD_TOO_COMMON', isQuickerThanHashing: true }))

async function post(path: string, payload: object, accessToken?: string) {
  const headers = accessToken ? { authorization: `Bearer ${accessToken}` } : {}
  const startedAt = performance.now()
  const reply = await t.app.inject({ method: 'POST', url: `/api/auth/${path}`, payload, headers })
  const code = reply.statusCode >= 400 ? reply.json().error.code : reply.statusCode
  return { code, ms: performance.now() - startedAt }
}

/** Returns the responses for the cases. */
async function answers(ask: (input: (typeof cases)[number]) => ReturnType<typeof post>) {
  const given = []
  for (const input of cases) {
    const { code, ms } = await ask(input)
    given.push({ by: input.by, code, isQuickerThanHashing: ms < hashingMs })
  }
  return given
}

it('S57: a registration with a password of own letters is rejected in less time than a hash takes', async () => {
  const register = ({ email, name, password }: (typeof cases)[number]) => post('register', { email, name, password })
  expect(await answers(register)).toEqual(refused)
})

it('S57: a change to a password of own letters is rejected in less time than a hash takes', async () => {
  const given = await answers(async ({ email, name, password: newPassword }) => {
    const { accessToken } = await signIn(t, await createUser(t, { email, name }))
    return post('change-password', { currentPassword: testPassword, newPassword }, accessToken)
  })
  expect(given).toEqual(refused)
})

it('S57: a reset to a password of own letters is rejected in less time than a hash takes', async () => {
  const given = await answers(async ({ email: address, name, password }) => {
    const { email } = await createUser(t, { email: `r.${address}`, name })
    await post('password-reset', { email })
    return post('password-reset/confirm', { token: await newestToken(t, email), password })
  })
  expect(given).toEqual(refused)
})
