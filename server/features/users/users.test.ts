import { randomUUID } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { createCast, newPerson, type Person } from '../../testing/cast.js'
import { errorOf } from '../../testing/errors.js'
import { createUser } from '../../testing/factories.js'
import { startTestApp } from '../../testing/test-app.js'

const t = await startTestApp()
const { author: user, admin } = await createCast(t)

const as = (person?: Person) => t.client(person?.session).users
const address = () => `new-${randomUUID()}@example.com`
const rowOf = (id: string) =>
  t.db.user.findFirstOrThrow({ where: { id, OR: [{ deletedAt: null }, { deletedAt: { not: null } }] } })
const liveSessionsOf = (userId: string) => t.db.session.count({ where: { userId, revokedAt: null } })
const mailsTo = (to: string) => t.db.outboxMail.findMany({ where: { to }, orderBy: { id: 'asc' } })
const eventsOf = async (userId: string) => {
  const events = await t.db.auditEvent.findMany({ where: { userId, actorId: admin.user.id }, orderBy: { id: 'asc' } })
  return events.map(({ type }) => type)
}

// Starts calls while the row is locked, so that all are running when the first one gets the lock.
async function whileHeld<T>(id: string, start: () => Promise<T>[]): Promise<PromiseSettledResult<T>[]> {
  const calls = await t.db.$transaction(async (tx) => {
    await tx.$queryRaw`SELECT u."id" FROM "User" u WHERE u."id" = ${id}::uuid AND u."deletedAt" IS NULL FOR UPDATE`
    const settled = Promise.allSettled(start())
    await setTimeout(150)
    return { settled }
  })
  return calls.settled
}

async function mailToken(userId: string) {
  const expiresAt = new Date(t.clock.now().getTime() + 60_000)
  return t.db.mailToken.create({ data: { kind: 'reset', tokenHash: Buffer.from(randomUUID()), userId, expiresAt } })
}

const isUsable = async (token: { id: string }) =>
  (await t.db.mailToken.findUniqueOrThrow({ where: token })).usedAt === null

describe('users.create', () => {
  test('creates an unverified user without a password, and sends an invitation', async () => {
    const email = address()
    const created = await as(admin).create.mutate({ email: ` ${email.toUpperCase()} `, name: 'New' })
    expect(created).toMatchObject({
      email,
      name: 'New',
      role: 'user',
      status: 'active',
      emailVerifiedAt: null,
      version: 1,
    })
    expect(await mailsTo(email)).toMatchObject([
      { template: 'invitation', params: { userId: created.id, name: 'New' } },
    ])
    expect(await eventsOf(created.id)).toEqual(['user.created'])
    expect(await t.db.user.count({ where: { id: created.id, passwordHash: null } })).toBe(1)
  })

  test('rejects an address that has an account, and sends nothing', async () => {
    const { email } = user.user
    expect((await errorOf(as(admin).create.mutate({ email: email.toUpperCase(), name: 'New' }))).code).toBe(
      'EMAIL_TAKEN',
    )
    expect(await mailsTo(email)).toEqual([])
  })

  test('of ten concurrent calls with one address one succeeds', async () => {
    const email = address()
    const attempts = Array.from({ length: 10 }, () => as(admin).create.mutate({ email, name: 'New' }))
    const outcomes = await Promise.allSettled(attempts)
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(await mailsTo(email)).toHaveLength(1)
  })

  test('accepts the address of a removed user', async () => {
    const removed = await createUser(t, { deletedAt: t.clock.now() })
    expect(await as(admin).create.mutate({ email: removed.email, name: 'New' })).toMatchObject({ email: removed.email })
  })

  test.each([{ email: 'a b@example.com' }, { name: ' ' }, { role: 'root' }, { passwordHash: 'x' }])(
    'rejects %o',
    async (fault) => {
      // @ts-ignore The types reject these inputs, but data from the network has no types.
      expect((await errorOf(as(admin).create.mutate({ email: address(), name: 'New', ...fault }))).code).toBe(
        'VALIDATION_ERROR',
      )
    },
  )
})

describe('users.update and users.replace', () => {
  test('change the given fields, and raise the version', async () => {
    const { id, email } = await createUser(t, { name: 'Before' })
    expect(await as(admin).update.mutate({ id, name: 'After' })).toMatchObject({
      name: 'After',
      email,
      role: 'user',
      version: 2,
    })
    const fields = { email, name: 'New', role: 'admin', status: 'disabled' } as const
    expect(await as(admin).replace.mutate({ id, ...fields, version: 2 })).toMatchObject({ ...fields, version: 3 })
    expect(await rowOf(id)).toMatchObject({ name: 'New', role: 'admin', disabledAt: t.clock.now(), version: 3 })
    expect(await eventsOf(id)).toEqual(['user.updated', 'user.role_changed', 'user.disabled', 'user.updated'])
  })

  test('a new name does not end sessions and mailed links', async () => {
    const person = await newPerson(t)
    const token = await mailToken(person.user.id)
    await as(admin).update.mutate({ id: person.user.id, name: 'After' })
    expect(await liveSessionsOf(person.user.id)).toBe(1)
    expect(await isUsable({ id: token.id })).toBe(true)
  })

  test.each([
    [{ status: 'disabled' }, 'user.disabled'],
    [{ email: address() }, 'user.email_changed'],
  ] as const)('S20, S22: %o ends the sessions and kills the mailed links', async (change, event) => {
    const person = await newPerson(t)
    const { id } = person.user
    const token = await mailToken(id)
    await as(admin).update.mutate({ id, ...change })
    expect(await liveSessionsOf(id)).toBe(0)
    expect(await isUsable({ id: token.id })).toBe(false)
    expect(await eventsOf(id)).toEqual([event])
    expect((await errorOf(as(person).me.query())).code).toBe('UNAUTHORIZED')
  })

  test('S20: a new role ends the sessions, and does not revoke mailed links', async () => {
    const person = await newPerson(t)
    const { id } = person.user
    const token = await mailToken(id)
    await as(admin).update.mutate({ id, role: 'admin' })
    expect(await liveSessionsOf(id)).toBe(0)
    expect(await isUsable({ id: token.id })).toBe(true)
    expect(await eventsOf(id)).toEqual(['user.role_changed'])
    expect((await errorOf(as(person).me.query())).code).toBe('UNAUTHORIZED')
  })

  test('a disabled user can be enabled again', async () => {
    const { id } = await createUser(t, { disabledAt: t.clock.now() })
    expect(await as(admin).update.mutate({ id, status: 'active' })).toMatchObject({ status: 'active' })
    expect(await eventsOf(id)).toEqual(['user.enabled'])
  })

  test('leave a user as it is where nothing would change, and record nothing', async () => {
    const { user } = await newPerson(t)
    const before = await t.db.auditEvent.count({ where: { userId: user.id } })
    for (const changes of [{}, { name: user.name }, { role: 'user', status: 'active' } as const]) {
      expect(await as(admin).update.mutate({ id: user.id, ...changes })).toMatchObject({ version: user.version })
    }
    expect(await t.db.auditEvent.count({ where: { userId: user.id } })).toBe(before)
  })

  test('disabling twice keeps the time of the first', async () => {
    const disabledAt = new Date(t.clock.now().getTime() - 1000)
    const { id } = await createUser(t, { disabledAt })
    await as(admin).update.mutate({ id, status: 'disabled' })
    expect(await rowOf(id)).toMatchObject({ disabledAt })
  })

  test('a new address must be verified again: it gets an invitation, and the old one is informed', async () => {
    const { id, email: old, name } = await createUser(t)
    const email = address()
    expect(await as(admin).update.mutate({ id, email })).toMatchObject({ email, emailVerifiedAt: null })
    expect(await mailsTo(old)).toMatchObject([{ template: 'email-changed', params: { name } }])
    expect(await mailsTo(email)).toMatchObject([
      { template: 'invitation', params: { userId: id, name }, status: 'pending' },
    ])
  })

  test('S26: a pending invitation to an address is deleted when the address changes', async () => {
    const mistyped = address()
    const { id } = await as(admin).create.mutate({ email: mistyped, name: 'New' })
    await as(admin).update.mutate({ id, email: address() })
    expect((await mailsTo(mistyped)).map(({ template }) => template)).toEqual(['email-changed'])
  })

  test('the same address in other letter case is no change', async () => {
    const { id, email, emailVerifiedAt } = await createUser(t)
    expect(await as(admin).update.mutate({ id, email: email.toUpperCase() })).toMatchObject({ email, emailVerifiedAt })
    expect(await mailsTo(email)).toEqual([])
  })

  test('an address that has an account is rejected without a change', async () => {
    const person = await newPerson(t)
    const { id, email } = person.user
    const taken = { id, email: user.user.email, name: 'X' }
    expect((await errorOf(as(admin).update.mutate(taken))).code).toBe('EMAIL_TAKEN')
    const whole = { ...taken, role: 'user', status: 'active' } as const
    expect((await errorOf(as(admin).replace.mutate(whole))).code).toBe('EMAIL_TAKEN')
    expect(await rowOf(id)).toMatchObject({ email, name: person.user.name, version: 1 })
    expect(await liveSessionsOf(id)).toBe(1)
    expect(await mailsTo(user.user.email)).toEqual([])
  })

  test('an outdated version is rejected without a change', async () => {
    const { id } = await createUser(t, { version: 5 })
    expect((await errorOf(as(admin).update.mutate({ id, role: 'admin', version: 4 }))).code).toBe('VERSION_MISMATCH')
    expect((await errorOf(as(admin).remove.mutate({ id, version: 6 }))).code).toBe('VERSION_MISMATCH')
    expect(await rowOf(id)).toMatchObject({ role: 'user', version: 5, deletedAt: null })
  })

  test('of 20 concurrent updates with the same version exactly one succeeds', async () => {
    const { id } = await createUser(t)
    const outcomes = await whileHeld(id, () =>
      Array.from({ length: 20 }, (_, index) => as(admin).update.mutate({ id, name: `N${index}`, version: 1 })),
    )
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(await rowOf(id)).toMatchObject({ version: 2 })
  })

  test.each([
    { status: 'deleted' },
    { role: null },
    { disabledAt: new Date() },
    { emailVerifiedAt: new Date() },
    { version: 0 },
  ])('reject %o', async (fault) => {
    // @ts-ignore The types reject these inputs, but data from the network has no types.
    expect((await errorOf(as(admin).update.mutate({ id: user.user.id, ...fault }))).code).toBe('VALIDATION_ERROR')
  })

  test('S30: undefined fields are not changed', async () => {
    const { id, name, email } = await createUser(t)
    const changed = await as(admin).update.mutate({
      id,
      name: undefined,
      email: undefined,
      role: undefined,
      status: undefined,
    })
    expect(changed).toMatchObject({ name, email, role: 'user', status: 'active' })
  })
})

describe('users.remove and users.restore', () => {
  test('remove hides the user, ends sessions, revokes links and keeps the row', async () => {
    const person = await newPerson(t)
    const { id } = person.user
    const token = await mailToken(id)
    expect(await as(admin).remove.mutate({ id, version: 1 })).toBeUndefined()
    expect(await rowOf(id)).toMatchObject({ deletedAt: t.clock.now(), version: 2 })
    expect(await liveSessionsOf(id)).toBe(0)
    expect(await isUsable({ id: token.id })).toBe(false)
    expect(await eventsOf(id)).toEqual(['user.removed'])
    expect((await errorOf(as(admin).get.query({ id }))).code).toBe('NOT_FOUND')
    expect((await errorOf(as(admin).remove.mutate({ id }))).code).toBe('NOT_FOUND')
    expect((await errorOf(as(admin).update.mutate({ id, name: 'After' }))).code).toBe('NOT_FOUND')
  })

  test('restore shows the user again, without the former sessions', async () => {
    const person = await newPerson(t)
    const { id } = person.user
    await as(admin).remove.mutate({ id })
    expect(await as(admin).restore.mutate({ id })).toMatchObject({ id, status: 'active', version: 3 })
    expect(await as(admin).get.query({ id })).toMatchObject({ id })
    expect(await liveSessionsOf(id)).toBe(0)
    expect(await eventsOf(id)).toEqual(['user.removed', 'user.restored'])
  })

  test('restore is rejected if the address was taken meanwhile', async () => {
    const { id, email } = await createUser(t, { deletedAt: t.clock.now() })
    await createUser(t, { email })
    expect((await errorOf(as(admin).restore.mutate({ id }))).code).toBe('EMAIL_TAKEN')
    expect((await rowOf(id)).deletedAt).not.toBeNull()
    expect(await eventsOf(id)).toEqual([])
  })

  test('restore results in 404 for a user who is not removed', async () => {
    expect((await errorOf(as(admin).restore.mutate({ id: user.user.id }))).code).toBe('NOT_FOUND')
    expect((await errorOf(as(admin).restore.mutate({ id: randomUUID() }))).code).toBe('NOT_FOUND')
  })
})

const id = randomUUID()
const fields = { email: 'x@example.com', name: 'X', role: 'user', status: 'active' } as const
const calls: [string, (person?: Person) => Promise<unknown>][] = [
  ['create', (person) => as(person).create.mutate({ email: address(), name: 'X' })],
  ['replace', (person) => as(person).replace.mutate({ id, ...fields })],
  ['update', (person) => as(person).update.mutate({ id, name: 'X' })],
  ['remove', (person) => as(person).remove.mutate({ id })],
  ['restore', (person) => as(person).restore.mutate({ id })],
]

test.each(calls)('users.%s is for admins', async (_name, call) => {
  expect((await errorOf(call(user))).code).toBe('FORBIDDEN')
  expect((await errorOf(call())).code).toBe('UNAUTHORIZED')
})

test.each(calls.slice(1))('users.%s returns 404 for an unknown user', async (_name, call) => {
  expect((await errorOf(call(admin))).code).toBe('NOT_FOUND')
})
