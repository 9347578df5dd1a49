import { randomInt } from 'node:crypto'
import { expect, it } from 'vitest'
import { authWith, freshAddress, instantPasswords, outcomeOf, testOrigin } from '../../testing/accounts.js'
import { createUser } from '../../testing/factories.js'
import { startTestApp } from '../../testing/test-app.js'

const t = await startTestApp()

const password = 'a password of some length'
const originOf = () => ({ ...testOrigin, ip: `10.${randomInt(256)}.${randomInt(256)}.${randomInt(1, 255)}` })
const auth = () => authWith(t, instantPasswords)

const requests = {
  'a password reset': (email: string) => auth().requestPasswordReset(originOf(), { email }),
  'the verification mail again': (email: string) => auth().resendVerification(originOf(), { email }),
  'an account': (email: string) => auth().register(originOf(), { email, password, name: 'New' }),
  'a login': (email: string) => outcomeOf(auth().login(originOf(), { email, password, delivery: 'body' })),
}

/** One address of each kind that responses must not distinguish. */
async function addresses(): Promise<string[]> {
  const now = t.clock.now()
  const users = [{}, { disabledAt: now }, { deletedAt: now }, { emailVerifiedAt: null, passwordHash: null }]
  const [once, twice] = [freshAddress(), freshAddress()]
  for (const email of [once, twice, twice]) await auth().register(originOf(), { email, password, name: 'New' })
  return [
    freshAddress(),
    once,
    twice,
    ...(await Promise.all(users.map(async (user) => (await createUser(t, user)).email))),
  ]
}

// With a distant database, the time depends on the number of statements, because each is a round trip.
it.each(Object.entries(requests))(
  'S6: requesting %s takes the same number of statements for every address',
  async (_what, ask) => {
    const counts: number[] = []
    for (const email of await addresses()) {
      const before = t.recorder.statements.length
      await ask(email)
      counts.push(t.recorder.statements.length - before)
    }
    expect(counts[0]).toBeGreaterThan(1)
    expect(counts).toEqual(counts.map(() => counts[0]))
  },
)

it('S6, S8: also after all mails of the hour were sent', async () => {
  const counts: number[] = []
  for (const email of [freshAddress(), (await createUser(t)).email]) {
    for (let count = 0; count < 4; count += 1) await requests['a password reset'](email)
    const before = t.recorder.statements.length
    await requests['a password reset'](email)
    counts.push(t.recorder.statements.length - before)
  }
  expect(counts[0]).toBe(counts[1])
})
