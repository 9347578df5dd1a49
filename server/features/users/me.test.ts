import { describe, expect, test } from 'vitest'
import { errorOf } from '../../testing/errors.js'
import { createSignedInUser } from '../../testing/factories.js'
import { testPassword } from '../../testing/secrets.js'
import { startTestApp } from '../../testing/test-app.js'
import { profileOf } from './profile/schema.js'

type Person = Awaited<ReturnType<typeof createSignedInUser>>

const t = await startTestApp()

const as = (person?: Person) => t.client(person?.session).users
const rowOf = (id: string) =>
  t.db.user.findFirstOrThrow({ where: { id, OR: [{ deletedAt: null }, { deletedAt: { not: null } }] } })
const liveSessionsOf = (userId: string) => t.db.session.count({ where: { userId, revokedAt: null } })

describe('users.me', () => {
  test('returns the caller, without internal columns', async () => {
    const person = await createSignedInUser(t, { name: 'Ada' })
    expect(await as(person).me.query()).toEqual({
      id: person.user.id,
      email: person.user.email,
      ...profileOf(person.user),
      name: 'Ada',
      role: 'user',
      status: 'active',
      emailVerifiedAt: t.clock.now(),
      createdAt: person.user.createdAt,
      updatedAt: person.user.updatedAt,
      version: 1,
    })
  })

  test('rejects anonymous callers', async () => {
    expect((await errorOf(as().me.query())).code).toBe('UNAUTHORIZED')
  })
})

describe('users.updateMe', () => {
  test('changes the name and raises the version', async () => {
    const person = await createSignedInUser(t)
    expect(await as(person).updateMe.mutate({ name: '  Ada  ' })).toMatchObject({ name: 'Ada', version: 2 })
    expect(await rowOf(person.user.id)).toMatchObject({ name: 'Ada', version: 2 })
  })

  test.each([
    { role: 'admin' },
    { email: 'eve@example.com' },
    { status: 'active' },
    { id: 'x' },
    { name: '' },
    { name: null },
  ])('rejects %o', async (input) => {
    const person = await createSignedInUser(t)
    // @ts-ignore The types reject these inputs, but data from the network has no types.
    expect((await errorOf(as(person).updateMe.mutate(input))).code).toBe('VALIDATION_ERROR')
    expect(await rowOf(person.user.id)).toMatchObject({ role: 'user', version: 1 })
  })

  test('rejects an outdated version', async () => {
    const person = await createSignedInUser(t, { name: 'Before', version: 3 })
    expect((await errorOf(as(person).updateMe.mutate({ name: 'After', version: 2 }))).code).toBe('VERSION_MISMATCH')
    expect(await rowOf(person.user.id)).toMatchObject({ name: 'Before', version: 3 })
  })

  test('of 20 concurrent updates with the same version exactly one succeeds', async () => {
    const person = await createSignedInUser(t)
    const attempts = Array.from({ length: 20 }, (_, index) =>
      as(person).updateMe.mutate({ name: `N${index}`, version: 1 }),
    )
    const outcomes = await Promise.allSettled(attempts)
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(await rowOf(person.user.id)).toMatchObject({ version: 2 })
  })

  test('rejects anonymous callers', async () => {
    expect((await errorOf(as().updateMe.mutate({ name: 'Ada' }))).code).toBe('UNAUTHORIZED')
  })
})

describe('users.removeMe', () => {
  test('hides the account, keeps its row, ends its sessions and releases its address', async () => {
    const person = await createSignedInUser(t)
    const { id, email } = person.user
    expect(await as(person).removeMe.mutate({ password: testPassword })).toBeUndefined()
    expect(await rowOf(id)).toMatchObject({ deletedAt: t.clock.now(), version: 2 })
    expect(await liveSessionsOf(id)).toBe(0)
    t.clock.advance(6)
    expect((await errorOf(as(person).me.query())).code).toBe('UNAUTHORIZED')
    await createSignedInUser(t, { email })
    expect(await t.db.auditEvent.findMany({ where: { userId: id } })).toMatchObject([
      { type: 'user.removed', actorId: id },
    ])
  })

  test('rejects a wrong password without a change', async () => {
    const person = await createSignedInUser(t)
    expect((await errorOf(as(person).removeMe.mutate({ password: 'not the password' }))).code).toBe(
      'INVALID_CREDENTIALS',
    )
    expect(await rowOf(person.user.id)).toMatchObject({ deletedAt: null, version: 1 })
    expect(await liveSessionsOf(person.user.id)).toBe(1)
  })

  test('S7: attempts with any passwords are limited', async () => {
    const person = await createSignedInUser(t, { passwordHash: null })
    const codes: string[] = []
    for (let guess = 0; guess < 12; guess += 1) {
      codes.push((await errorOf(as(person).removeMe.mutate({ password: testPassword }))).code)
    }
    expect(codes.filter((code) => code === 'INVALID_CREDENTIALS')).toHaveLength(10)
    expect(codes.filter((code) => code === 'RATE_LIMITED')).toHaveLength(2)
  })

  test('rejects a call without a password, and anonymous callers', async () => {
    const person = await createSignedInUser(t)
    // @ts-expect-error The types require it too.
    expect((await errorOf(as(person).removeMe.mutate({}))).code).toBe('VALIDATION_ERROR')
    expect((await errorOf(as().removeMe.mutate({ password: testPassword }))).code).toBe('UNAUTHORIZED')
  })
})
