import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { freshAddress, newestToken } from '../../testing/accounts.js'
import { createUser, signIn } from '../../testing/factories.js'
import { testPassword } from '../../testing/secrets.js'
import { createTestApp, type TestApp } from '../../testing/test-app.js'

let t: TestApp
let hashingMs: number

beforeAll(async () => {
  t = await createTestApp()
  const { code, ms } = await post('register', { email: freshAddress(), password: testPassword, name: 'Somebody' })
  expect(code).toBe(202)
  hashingMs = ms
})
afterAll(() => t.close())

// Letters that words of one letter can be laid along in more ways than there is time to try.
const passwords = [`${'a'.repeat(88)}b`, `${'a'.repeat(254)}b`]
const owners = [
  { by: 'the name', local: 'x', name: 'aaa aaaa aaaaa' },
  { by: 'the address alone', local: 'aaa.aaaa.aaaaa', name: 'X' },
]
const cases = owners.flatMap(({ by, local, name }) => {
  return passwords.map((password) => ({ by, email: `${local}@${randomUUID()}.example`, name, password }))
})

async function post(path: string, payload: object, accessToken?: string) {
  const headers = accessToken ? { authorization: `Bearer ${accessToken}` } : {}
  const startedAt = performance.now()
  const reply = await t.app.inject({ method: 'POST', url: `/api/auth/${path}`, payload, headers })
  const code = reply.statusCode >= 400 ? reply.json().error.code : reply.statusCode
  return { code, ms: performance.now() - startedAt }
}

/** The refusal comes before the hash, and takes less than one does. */
function expectQuickRefusal({ code, ms }: Awaited<ReturnType<typeof post>>, by: string): void {
  expect(code, by).toBe('PASSWORD_TOO_COMMON')
  expect(ms, by).toBeLessThan(hashingMs)
}

it('S57: registering with a password of own letters is refused in less time than a hash takes', async () => {
  for (const { by, ...input } of cases) expectQuickRefusal(await post('register', input), by)
})

it('S57: changing to a password of own letters is refused in less time than a hash takes', async () => {
  for (const { by, email, name, password: newPassword } of cases) {
    const { accessToken } = await signIn(t, await createUser(t, { email, name }))
    expectQuickRefusal(await post('change-password', { currentPassword: testPassword, newPassword }, accessToken), by)
  }
})

it('S57: resetting to a password of own letters is refused in less time than a hash takes', async () => {
  for (const { by, email: address, name, password } of cases) {
    const { email } = await createUser(t, { email: `r.${address}`, name })
    await post('password-reset', { email })
    const token = await newestToken(t, email)
    expectQuickRefusal(await post('password-reset/confirm', { token, password }), by)
  }
})
