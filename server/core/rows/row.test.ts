import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createTestDatabase, openDatabase } from '../../testing/test-database.js'
import type { Database } from '../database/client.js'
import { changesOf, isUnchanged, lockRow } from './row.js'

let database: Awaited<ReturnType<typeof createTestDatabase>>
let db: Database
let id: string

beforeAll(async () => {
  database = await createTestDatabase()
  db = openDatabase(database.url, { max: 4 })
})

beforeEach(async () => {
  id = (await db.user.create({ data: { email: `${randomUUID()}@example.com`, name: 'A', version: 3 } })).id
})

afterAll(async () => {
  await db.$disconnect()
  await database.drop()
})

const lock = (version?: number, name = 'A') =>
  db.$transaction((tx) => lockRow(tx, 'User', { id, version }, () => tx.user.findFirst({ where: { id, name } })))

test('gives the row if no version is named, or its own', async () => {
  expect(await lock()).toMatchObject({ id, version: 3 })
  expect(await lock(3)).toMatchObject({ id, version: 3 })
})

test.each([2, 4])('rejects a change of version 3 that is based on version %d', async (version) => {
  await expect(lock(version)).rejects.toMatchObject({ code: 'VERSION_MISMATCH' })
})

test('names what is not there, or not for this caller', async () => {
  const missing = { code: 'NOT_FOUND', message: expect.stringContaining('User') }
  await expect(lock(3, 'B')).rejects.toMatchObject(missing)
})

test('lets one of many changes of a version through', async () => {
  const change = () =>
    db.$transaction(async (tx) => {
      const row = await lockRow(tx, 'User', { id, version: 3 }, () => tx.user.findFirst({ where: { id } }))
      await tx.user.updateMany({ where: { id }, data: { name: `${row.name}x`, version: { increment: 1 } } })
    })
  const outcomes = await Promise.allSettled(Array.from({ length: 10 }, change))
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  expect(await db.user.findFirst({ where: { id } })).toMatchObject({ name: 'Ax', version: 4 })
})

test('tells values that a row already has from others', () => {
  const row = { name: 'A', at: new Date(5), gone: null, count: 1, tags: ['a'] }
  expect(isUnchanged(row, {})).toBe(true)
  expect(isUnchanged(row, { name: 'A', at: new Date(5), gone: null })).toBe(true)
  expect(isUnchanged(row, { name: 'B' })).toBe(false)
  expect([isUnchanged(row, { tags: ['a'] }), isUnchanged(row, { tags: ['a', 'b'] })]).toEqual([true, false])
  expect(isUnchanged(row, { at: new Date(6) })).toBe(false)
  expect(isUnchanged<{ gone: Date | null }>(row, { gone: new Date(0) })).toBe(false)
})

test('changes are the given fields whose value differs, and raise the version', () => {
  const row = { name: 'A', about: 'B', tags: ['a'], version: 3 }
  expect(changesOf(row, { name: 'C', about: undefined, tags: ['a'] })).toEqual({ name: 'C', version: { increment: 1 } })
  expect(changesOf({ ...row, about: null }, { about: null })).toBeNull()
  expect(changesOf(row, { name: 'A', about: undefined })).toBeNull()
  expect(changesOf(row, {})).toBeNull()
})
