import { beforeEach, expect, onTestFinished, test } from 'vitest'
import type { Transaction } from '../../core/database/client.js'
import { freshAddress, newestToken, outcomeOf, testOrigin } from '../../testing/accounts.js'
import { errorOf } from '../../testing/errors.js'
import { createSignedInUser, createUser } from '../../testing/factories.js'
import { testPassword } from '../../testing/secrets.js'
import { startTestApp } from '../../testing/test-app.js'
import { lockStanding, lockUser } from './lock.js'

type Person = Awaited<ReturnType<typeof createSignedInUser>>

let admin: Person

// Enough connections for all calls of a test at once, so that a call that waits is waiting for a lock.
const t = await startTestApp({ environment: { DATABASE_POOL_MAX: '40' } })

beforeEach(async () => {
  await t.db.user.updateMany({ where: { role: 'admin' }, data: { role: 'user' } })
  admin = await createSignedInUser(t, { role: 'admin' })
})

const as = (person: Person) => t.client(person.session).users
const activeAdmins = () =>
  t.db.user.findMany({ where: { role: 'admin', disabledAt: null, emailVerifiedAt: { not: null } } })

test('the last admin cannot be demoted, disabled, replaced or removed, nor remove the own account', async () => {
  const { id, email, name } = admin.user
  await createUser(t, { role: 'admin', disabledAt: t.clock.now() })
  await createUser(t, { role: 'admin', deletedAt: t.clock.now() })
  await createUser(t, { role: 'admin', passwordHash: null, emailVerifiedAt: null })
  await createUser(t, { role: 'admin', emailVerifiedAt: null })
  const attempts = [
    () => as(admin).update.mutate({ id, role: 'user' }),
    () => as(admin).update.mutate({ id, status: 'disabled' }),
    () => as(admin).replace.mutate({ id, email, name, role: 'user', status: 'active' }),
    () => as(admin).update.mutate({ id, email: 'mistyped@example.com' }),
    () => as(admin).remove.mutate({ id }),
    () => as(admin).removeMe.mutate({ password: testPassword }),
  ]
  for (const attempt of attempts) expect((await errorOf(attempt())).code).toBe('LAST_ADMIN')
  expect(await activeAdmins()).toMatchObject([{ id, version: 1 }])
  expect(await as(admin).me.query()).toMatchObject({ id, role: 'admin', status: 'active' })
})

test('the last admin can be changed in other ways', async () => {
  expect(await as(admin).update.mutate({ id: admin.user.id, name: 'Root', role: 'admin' })).toMatchObject({
    name: 'Root',
  })
})

test('S86: the last admin can change the address, once the new one is confirmed', async () => {
  const email = freshAddress()
  await t.client(admin.session).auth.requestEmailChange.mutate({ email, currentPassword: testPassword })
  await t.container.services.auth.confirmEmailChange(testOrigin, { token: await newestToken(t, email) })
  expect(await activeAdmins()).toMatchObject([{ id: admin.user.id, email }])
})

test('S86: a preceding demotion prevents creating, restoring, removing and erasing', async () => {
  const other = await createSignedInUser(t, { role: 'admin' })
  const removed = await createUser(t, { deletedAt: t.clock.now() })
  const invited = await createUser(t, { passwordHash: null, emailVerifiedAt: null })
  const actor = {
    userId: other.user.id,
    role: 'admin',
    sessionId: other.session.sessionId,
    origin: testOrigin,
  } as const
  const { users } = t.container.services
  const calls = [
    () => users.create(actor, { email: freshAddress(), name: 'New', role: 'admin' }),
    () => users.restore(actor, { id: removed.id }),
    () => users.remove(actor, { id: invited.id }),
    () => users.update(actor, { id: invited.id, name: 'Renamed' }),
    () => users.resendInvitation(actor, { id: invited.id }),
    () => users.erase(actor, { id: removed.id }),
  ]
  await as(admin).update.mutate({ id: other.user.id, role: 'user' })
  for (const call of calls) expect(await outcomeOf(call())).toBe('FORBIDDEN')
})

test('S32, S86: each change that decides who is an admin waits for the previous one, while a new name does not', async () => {
  const other = await createUser(t, { role: 'admin' })
  const leaving = await createSignedInUser(t, { role: 'admin' })
  const [user, removed, erasable] = [await createUser(t), await createRemoved(), await createRemoved()]
  const attempts = {
    create: () => as(admin).create.mutate({ email: freshAddress(), name: 'New' }),
    role: () => as(admin).update.mutate({ id: user.id, role: 'admin' }),
    status: () => as(admin).update.mutate({ id: user.id, status: 'disabled' }),
    address: () => as(admin).update.mutate({ id: user.id, email: freshAddress() }),
    remove: () => as(admin).remove.mutate({ id: user.id }),
    removeMe: () => as(leaving).removeMe.mutate({ password: testPassword }),
    restore: () => as(admin).restore.mutate({ id: removed.id }),
    erase: () => as(admin).erase.mutate({ id: erasable.id }),
  }
  const holding = async (tx: Transaction) => {
    await lockStanding(tx)
    await lockUser(tx, { id: other.id })
    // On a busy machine the attempts take longer than a transaction may be idle.
    const beat = setInterval(() => void tx.$queryRaw`SELECT 1`.catch(() => {}), 2_000)
    onTestFinished(() => clearInterval(beat))
    expect(await as(admin).update.mutate({ id: user.id, name: 'Renamed' })).toMatchObject({ name: 'Renamed' })
    const errors = await Promise.all(Object.values(attempts).map((attempt) => errorOf(attempt())))
    const codes = Object.keys(attempts).map((name, index) => [name, errors[index]?.code])
    expect(codes).toEqual(Object.keys(attempts).map((name) => [name, 'SERVICE_UNAVAILABLE']))
    clearInterval(beat)
  }
  await t.db.$transaction(holding, { timeout: 50_000 })
})

test('one of two admins can give up the role', async () => {
  await createSignedInUser(t, { role: 'admin' })
  expect(await as(admin).update.mutate({ id: admin.user.id, role: 'user' })).toMatchObject({ role: 'user' })
  expect(await activeAdmins()).toHaveLength(1)
})

test('S32: of two admins who demote each other at the same time one remains, ten times in a row', async () => {
  for (let round = 0; round < 10; round += 1) {
    const [one, two] = await twoAdmins()
    const outcomes = await Promise.allSettled([
      as(one).update.mutate({ id: two.user.id, role: 'user' }),
      as(two).update.mutate({ id: one.user.id, role: 'user' }),
    ])
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(await activeAdmins()).toHaveLength(1)
  }
})

test('S32: of two admins who leave at the same time in different ways one remains', async () => {
  for (let round = 0; round < 5; round += 1) {
    const [one, two] = await twoAdmins()
    const outcomes = await Promise.allSettled([
      as(one).removeMe.mutate({ password: testPassword }),
      as(two).update.mutate({ id: two.user.id, status: 'disabled' }),
    ])
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(await activeAdmins()).toHaveLength(1)
  }
})

test('S32: of five admins who remove each other at the same time at least one remains, without a deadlock', async () => {
  const admins = [admin, ...(await Promise.all([1, 2, 3, 4].map(() => createSignedInUser(t, { role: 'admin' }))))]
  const attempts = admins.flatMap((one) =>
    admins.filter((other) => other !== one).map((other) => as(one).remove.mutate({ id: other.user.id })),
  )
  await Promise.allSettled(attempts)
  expect((await activeAdmins()).length).toBeGreaterThanOrEqual(1)
})

const createRemoved = () => createUser(t, { deletedAt: t.clock.now() })

async function twoAdmins(): Promise<[Person, Person]> {
  await t.db.user.updateMany({ where: { role: 'admin' }, data: { role: 'user' } })
  return [await createSignedInUser(t, { role: 'admin' }), await createSignedInUser(t, { role: 'admin' })]
}
