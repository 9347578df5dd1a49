import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import {
  cutPage,
  decodeCursor,
  encodeCursor,
  pageBytesMax,
  positionTime,
  readTimePage,
  timePosition,
  timePositionOf,
} from './cursor.js'

const scope = ['posts', 'newest', null, undefined]
const position = z.tuple([positionTime, z.guid()])
const broken = expect.objectContaining({ name: 'BadRequestError', code: 'BAD_REQUEST' })
const place = ['2026-01-02T03:04:05.678Z', '01890a5d-ac96-774b-bcce-b302099a8057'] as const

test('returns the position from which it was created', () => {
  expect(decodeCursor(encodeCursor(scope, place), scope, position)).toEqual(place)
})

test('treats an omitted filter as null, and as no other value', () => {
  const cursor = encodeCursor(scope, place)
  expect(decodeCursor(cursor, ['posts', 'newest', undefined, null], position)).toEqual(place)
  expect(() => decodeCursor(cursor, ['posts', 'oldest', null, null], position)).toThrow(broken)
  expect(() => decodeCursor(cursor, ['posts', 'newest', null, ''], position)).toThrow(broken)
  expect(() => decodeCursor(cursor, ['posts', 'newest', null], position)).toThrow(broken)
})

test.each([
  ['nothing', ''],
  ['no base64url', '%%%'],
  ['no JSON', Buffer.from('{').toString('base64url')],
  ['another shape', Buffer.from('{"__proto__":1}').toString('base64url')],
  ['a list of nothing', Buffer.from('[]').toString('base64url')],
  ['a position without a checksum', Buffer.from(JSON.stringify(place)).toString('base64url')],
  ['a changed position', change(encodeCursor(scope, place), '.678', '.679')],
  ['another notation of the same', `${encodeCursor(scope, place)}=`],
  ['a cut one', encodeCursor(scope, place).slice(0, -2)],
  ['a position of another kind', encodeCursor(scope, [0.5, place[1]])],
  ['a forged time that the database does not have', encodeCursor(scope, ['0000-01-01T00:00:00.000Z', place[1]])],
  ['a forged time in another notation', encodeCursor(scope, ['2026-01-02T03:04:05Z', place[1]])],
  ['a deep one', Buffer.from('['.repeat(50_000)).toString('base64url')],
])('rejects %s', (_name, cursor) => {
  expect(() => decodeCursor(cursor, scope, position)).toThrow(broken)
})

test('a list by time is read page by page, each row once, and rejects the cursor of another list', async () => {
  const rows = [5, 4, 3, 2, 1].map((day) => ({
    id: `01890a5d-ac96-774b-bcce-b302099a805${day}`,
    createdAt: new Date(Date.UTC(2026, 0, day)),
  }))
  const readRows: Parameters<typeof readTimePage<(typeof rows)[number]>>[1] = async ({ place, range }) => {
    const start = rows.findIndex((row) => row.id === place?.[1]) + 1
    return rows.slice(start, start + range.take)
  }
  const read = (cursor?: string) => readTimePage({ scope, limit: 2, cursor }, readRows)
  const first = await read()
  const second = await read(first.meta.nextCursor ?? '')
  const third = await read(second.meta.nextCursor ?? '')
  expect([...first.items, ...second.items, ...third.items]).toEqual(rows)
  expect(third.meta).toEqual({ limit: 2, nextCursor: null, hasMore: false })
  expect(decodeCursor(first.meta.nextCursor ?? '', scope, timePosition)).toEqual(
    first.items.map((row) => timePositionOf(row))[1],
  )
  await expect(read(encodeCursor(['mail'], place))).rejects.toEqual(broken)
})

test('reports further rows only if a row after the page was read', () => {
  expect(cutPage([1, 2, 3], 2, String)).toEqual({ items: [1, 2], meta: { limit: 2, nextCursor: '2', hasMore: true } })
  expect(cutPage([1, 2], 2, String)).toEqual({ items: [1, 2], meta: { limit: 2, nextCursor: null, hasMore: false } })
  expect(cutPage([], 2, String)).toEqual({ items: [], meta: { limit: 2, nextCursor: null, hasMore: false } })
})

describe('S63: the items of a page', () => {
  const mebibyte = pageBytesMax
  // An item of `size` bytes in JSON.
  const row = (size: number, letter = 'a') => letter.repeat((size - 2) / Buffer.byteLength(letter))

  test('have at most a mebibyte of JSON in total, and the following rows are on the next page', () => {
    const quarter = row(mebibyte / 4)
    const { items, meta } = cutPage(
      Array.from({ length: 10 }, () => quarter),
      100,
      () => 'next',
    )
    expect(items).toHaveLength(4)
    expect(meta).toEqual({ limit: 100, nextCursor: 'next', hasMore: true })
    expect(cutPage([quarter, quarter, quarter, quarter], 100, () => 'next').meta.hasMore).toBe(false)
  })

  test('are at least one, however large', () => {
    const { items, meta } = cutPage([row(2 * mebibyte), row(10)], 100, ([first]) => first ?? '')
    expect([items.length, meta.nextCursor]).toEqual([1, 'a'])
    expect(cutPage([row(2 * mebibyte)], 100, String).meta.hasMore).toBe(false)
  })

  test('are measured in bytes, not in characters', () => {
    const half = row(mebibyte / 2, 'é')
    expect(cutPage([half, half, half], 100, () => 'next').items).toHaveLength(2)
  })

  test('do not hide that more rows follow', () => {
    expect(cutPage([1], 2, String, 'onwards').meta).toEqual({ limit: 2, nextCursor: 'onwards', hasMore: true })
    expect(cutPage([], 2, String, 'onwards').meta).toEqual({ limit: 2, nextCursor: 'onwards', hasMore: true })
    expect(cutPage([1, 2, 3], 2, String, 'onwards').meta.nextCursor).toBe('2')
  })
})

function change(cursor: string, from: string, to: string): string {
  return Buffer.from(Buffer.from(cursor, 'base64url').toString().replace(from, to)).toString('base64url')
}
