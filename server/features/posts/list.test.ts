import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import { errorOf } from '../../testing/errors.js'
import { createSignedInUser, createUser } from '../../testing/factories.js'
import { startTestApp } from '../../testing/test-app.js'
import { createPost } from './posts.test-support.js'
import type { Post } from './schema.js'

type Person = Awaited<ReturnType<typeof createSignedInUser>>

const t = await startTestApp()
let author: Person
let other: Person
let admin: Person
let published: string[]
let draft: string

const start = Date.UTC(2026, 0, 1)
const at = (minute: number) => ({ createdAt: new Date(start + minute * 60_000) })

beforeAll(async () => {
  author = await createSignedInUser(t)
  other = await createSignedInUser(t)
  admin = await createSignedInUser(t, { role: 'admin' })
  published = []
  for (const minute of [1, 2, 2, 2, 3]) published.push((await createPost(t, author.user, at(minute))).id)
  published = [published[0], ...published.slice(1, 4).sort(), published[4]].filter((id) => id !== undefined)
  draft = (await createPost(t, author.user, { ...at(4), status: 'draft', publishedAt: null })).id
  const removed = { deletedAt: t.clock.now() }
  await createPost(t, author.user, { ...at(5), ...removed })
  await createPost(t, await createUser(t, removed), at(6))
})

const as = (person?: Person) => t.client(person?.session).posts
const idsOf = ({ items }: { items: Post[] }) => items.map(({ id }) => id)

describe('visibility', () => {
  test('anonymous callers and other users see published posts, newest first, without removed ones and those of removed users', async () => {
    const newest = published.toReversed()
    expect(idsOf(await as().list.query({}))).toEqual(newest)
    expect(idsOf(await as(other).list.query({}))).toEqual(newest)
  })

  test('authors and admins also see the drafts', async () => {
    const all = [draft, ...published.toReversed()]
    expect(idsOf(await as(author).list.query({}))).toEqual(all)
    expect(idsOf(await as(admin).list.query({}))).toEqual(all)
  })

  test('the filter for drafts shows only those that the actor may see', async () => {
    expect(idsOf(await as().list.query({ status: 'draft' }))).toEqual([])
    expect(idsOf(await as(other).list.query({ status: 'draft' }))).toEqual([])
    expect(idsOf(await as(other).list.query({ status: 'draft', authorId: author.user.id }))).toEqual([])
    expect(idsOf(await as(author).list.query({ status: 'draft' }))).toEqual([draft])
    expect(idsOf(await as(admin).list.query({ status: 'draft' }))).toEqual([draft])
    expect(idsOf(await as(author).list.query({ status: 'published' }))).toHaveLength(5)
  })

  test('filters by author', async () => {
    expect(idsOf(await as().list.query({ authorId: author.user.id }))).toHaveLength(5)
    expect(idsOf(await as().list.query({ authorId: other.user.id }))).toEqual([])
  })
})

describe('pages', () => {
  test.each(['newest', 'oldest'] as const)(
    'contain posts of one millisecond without loss or repetition, %s first',
    async (order) => {
      const seen: string[] = []
      let cursor: string | undefined
      for (let page = 0; page < 5; page += 1) {
        const { items, meta } = await as().list.query({ order, limit: 1, cursor })
        seen.push(...items.map(({ id }) => id))
        expect([meta.limit, meta.hasMore, meta.nextCursor !== null]).toEqual([1, page < 4, page < 4])
        cursor = meta.nextCursor ?? undefined
      }
      expect(seen).toEqual(order === 'oldest' ? published : published.toReversed())
    },
  )

  test('contain 20 posts by default, and at most 100', async () => {
    expect((await as().list.query({})).meta.limit).toBe(20)
    expect((await as().list.query({ limit: 100 })).meta.limit).toBe(100)
    for (const limit of [0, 101, 1.5]) {
      expect((await errorOf(as().list.query({ limit }))).code).toBe('VALIDATION_ERROR')
    }
  })

  test('a malformed cursor, or one of another filter or order, is rejected', async () => {
    const { meta } = await as().list.query({ limit: 1 })
    const cursor = meta.nextCursor ?? ''
    const others = [{ order: 'oldest' }, { status: 'published' }, { authorId: author.user.id }, { q: 'title' }] as const
    for (const filters of others) {
      expect((await errorOf(as().list.query({ limit: 1, cursor, ...filters }))).code).toBe('BAD_REQUEST')
    }
    for (const broken of ['', 'x', cursor.slice(1), `${cursor}A`]) {
      expect((await errorOf(as().list.query({ cursor: broken }))).code).toBe('BAD_REQUEST')
    }
  })

  test('a cursor can be used with another limit', async () => {
    const { meta } = await as().list.query({ limit: 1 })
    const next = await as().list.query({ limit: 10, cursor: meta.nextCursor ?? '' })
    expect(idsOf(next)).toEqual(published.toReversed().slice(1))
  })
})

test.each([
  ['an unknown key', { where: {} }],
  ['an order of its own', { order: { title: 'asc' } }],
  ['relevance without a search', { order: 'relevance' }],
  ['an author that is not an id', { authorId: { not: randomUUID() } }],
])('S30: %s is rejected', async (_name, filters) => {
  // @ts-ignore The types reject these inputs, but data from the network has no types.
  const error = await errorOf(as().list.query(filters))
  expect(error.code).toBe('VALIDATION_ERROR')
  expect(error.details?.[0]?.path).toBe(Object.keys(filters)[0])
})

test.each(['authorId', 'status', 'q', 'cursor'])('S30: %s accepts a value, not an operator', async (key) => {
  const input = JSON.stringify({ json: { [key]: { not: null, contains: '' } } })
  const { statusCode, body } = await t.app.inject(`/trpc/posts.list?input=${encodeURIComponent(input)}`)
  expect(statusCode).toBe(400)
  expect(body).toContain(`"path":"${key}"`)
})
