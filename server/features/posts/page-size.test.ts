import pg from 'pg'
import { beforeAll, expect, test, vi } from 'vitest'
import { createUser } from '../../testing/factories.js'
import { startTestApp } from '../../testing/test-app.js'
import { createPost } from './posts.test-support.js'
import type { ListPosts } from './schema.js'

// Letters of two bytes, so the longest body has 100,000 bytes. Ten of them fit into a page.
const bodyBytes = 100_000
const fitting = 10
const postCount = 24

const t = await startTestApp()
let ids: string[]

beforeAll(async () => {
  const author = await createUser(t)
  ids = []
  for (let index = 0; index < postCount; index++) {
    const createdAt = new Date(Date.UTC(2026, 0, 1, 0, index))
    const body = `long ${'é'.repeat(bodyBytes / 2 - 5)}`
    ids.push((await createPost(t, author, { title: `${index}`, body, createdAt })).id)
  }
})

const lists: Partial<ListPosts>[] = [
  {},
  { order: 'oldest' },
  { q: 'long' },
  { q: 'long', order: 'oldest' },
  { q: 'long', order: 'relevance' },
]

test.each(lists)('S63: a page of long posts ends early, and no post is skipped: %o', async (filters) => {
  const found: string[] = []
  const sizes: number[] = []
  let cursor: string | undefined
  do {
    const { items, meta } = await t.client().posts.list.query({ ...filters, limit: 100, cursor })
    expect([meta.limit, meta.hasMore]).toEqual([100, meta.nextCursor !== null])
    found.push(...items.map(({ id }) => id))
    sizes.push(items.length)
    cursor = meta.nextCursor ?? undefined
  } while (cursor)
  expect(sizes).toEqual([fitting, fitting, postCount - 2 * fitting])
  const expected = filters.order === 'oldest' ? ids : ids.toReversed()
  if (filters.order === 'relevance') expect(found.toSorted()).toEqual(ids.toSorted())
  else expect(found).toEqual(expected)
})

test('S63: a response is not much larger than a mebibyte', async () => {
  const { headers, body } = await t.app.inject('/api/posts?limit=100')
  expect(headers.link).toContain('rel="next"')
  expect(Buffer.byteLength(body)).toBeLessThan(1.1 * 1_048_576)
})

test.each(lists)('S63: the database reads one body more than fits into a page: %o', async (filters) => {
  const query = vi.spyOn(pg.Client.prototype, 'query')
  await t.client().posts.list.query({ ...filters, limit: 100 })
  const sent = query.mock.calls.map(([statement]: unknown[]) => statement as pg.QueryConfig)
  query.mockRestore()
  const answers = await Promise.all(
    sent
      .filter(({ text }) => text)
      .map(({ text, values = [] }) => t.db.$queryRawUnsafe<{ body?: string }[]>(text, ...values)),
  )
  const counts = answers.map((rows) => rows.filter(({ body }) => body !== undefined).length)
  expect(Math.max(...counts)).toBe(fitting + 1)
})
