import { beforeAll, expect, test } from 'vitest'
import { encodeCursor } from '../../core/pagination/cursor.js'
import { errorOf } from '../../testing/errors.js'
import { createSignedInUser, createUser } from '../../testing/factories.js'
import { startTestApp } from '../../testing/test-app.js'
import { scopeOf } from './list.js'
import { createPost } from './posts.test-support.js'
import type { Post } from './schema.js'

type Person = Awaited<ReturnType<typeof createSignedInUser>>

const t = await startTestApp()
let author: Person
let other: Person
let admin: Person

const texts = [
  { title: 'Bread', body: 'Dough rises slowly. A garden is mentioned once.' },
  { title: 'The garden', body: 'A garden in spring, and the garden in autumn.' },
  { title: 'Gardens of stone', body: 'Raked gravel.' },
  { title: 'Soup', body: 'Onions and stock.' },
]

beforeAll(async () => {
  author = await createSignedInUser(t, { name: 'The Author' })
  other = await createSignedInUser(t)
  admin = await createSignedInUser(t, { role: 'admin' })
  for (const [index, text] of texts.entries()) {
    await createPost(t, author.user, { ...text, createdAt: new Date(Date.UTC(2026, 0, 1, 0, index)) })
  }
  const garden = { title: 'Secret garden', body: 'Hidden.' }
  const removed = { deletedAt: t.clock.now() }
  await createPost(t, author.user, { ...garden, status: 'draft', publishedAt: null })
  await createPost(t, author.user, { ...garden, ...removed })
  await createPost(t, await createUser(t, removed), garden)
})

const as = (person?: Person) => t.client(person?.session).posts
const titlesOf = ({ items }: { items: Post[] }) => items.map(({ title }) => title)

test('finds words in every inflection, by time unless another order is requested', async () => {
  expect(titlesOf(await as().list.query({ q: 'gardening' }))).toEqual(['Gardens of stone', 'The garden', 'Bread'])
  expect(titlesOf(await as().list.query({ q: 'garden', order: 'oldest' }))).toEqual([
    'Bread',
    'The garden',
    'Gardens of stone',
  ])
})

test('returns the best match first when ordered by relevance', async () => {
  const titles = titlesOf(await as().list.query({ q: 'garden', order: 'relevance' }))
  expect(titles[0]).toBe('The garden')
  expect(titles.at(-1)).toBe('Bread')
})

test('accepts quotes, or, and a minus as web searches do', async () => {
  expect(titlesOf(await as().list.query({ q: '"raked gravel"' }))).toEqual(['Gardens of stone'])
  expect(titlesOf(await as().list.query({ q: 'garden -gravel -dough' }))).toEqual(['The garden'])
  expect(titlesOf(await as().list.query({ q: 'onions or dough' }))).toEqual(['Soup', 'Bread'])
})

test('returns posts as every other list does', async () => {
  const [found] = (await as().list.query({ q: 'onions' })).items
  expect(found).toEqual(await as().get.query({ id: found?.id ?? '' }))
  expect(found?.author).toEqual({ id: author.user.id, name: 'The Author' })
})

test.each(['', '   '])('takes %j for no search', async (q) => {
  expect(await as(admin).list.query({ q })).toEqual(await as(admin).list.query({}))
  await expect(as(admin).list.query({ q, order: 'relevance' })).rejects.toMatchObject({
    data: { error: { code: 'VALIDATION_ERROR' } },
  })
})

test.each(['the', 'of and the', '!!!', '""', '-', '&|!()<->:*'])(
  'finds nothing for %j, which has no word that counts',
  async (q) => {
    expect(await as(admin).list.query({ q })).toEqual({
      items: [],
      meta: { limit: 20, nextCursor: null, hasMore: false },
    })
  },
)

test.each(['\'; DROP TABLE "Post"; --', "garden' OR true --", '$1', '\\', '%', 'a:b:c & ! ('])(
  'treats %j as words, not as SQL',
  async (q) => {
    await as().list.query({ q, order: 'relevance' })
    expect(await t.db.post.count()).toBeGreaterThan(4)
  },
)

test('returns drafts only to their author and admins; S31: never returns removed posts and those of removed users', async () => {
  const q = 'secret'
  expect(titlesOf(await as().list.query({ q }))).toEqual([])
  expect(titlesOf(await as(other).list.query({ q }))).toEqual([])
  expect(titlesOf(await as(other).list.query({ q, status: 'draft' }))).toEqual([])
  expect(titlesOf(await as(author).list.query({ q }))).toEqual(['Secret garden'])
  expect(titlesOf(await as(admin).list.query({ q, status: 'draft' }))).toEqual(['Secret garden'])
  expect(titlesOf(await as(author).list.query({ q, status: 'published' }))).toEqual([])
})

test('filters by author', async () => {
  expect(titlesOf(await as().list.query({ q: 'onions', authorId: author.user.id }))).toEqual(['Soup'])
  expect(titlesOf(await as().list.query({ q: 'onions', authorId: other.user.id }))).toEqual([])
})

test.each(['newest', 'oldest', 'relevance'] as const)(
  'returns pages by cursor without loss or repetition, by %s',
  async (order) => {
    const whole = titlesOf(await as().list.query({ q: 'garden', order }))
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const page = await as().list.query({ q: 'garden', order, limit: 1, cursor })
      seen.push(...titlesOf(page))
      cursor = page.meta.nextCursor ?? undefined
    } while (cursor)
    expect(seen).toEqual(whole)
    expect(whole).toHaveLength(3)
  },
)

test('rejects a cursor of another search', async () => {
  const { meta } = await as().list.query({ q: 'garden', limit: 1 })
  const cursor = meta.nextCursor ?? ''
  expect((await errorOf(as().list.query({ q: 'gardens', cursor }))).code).toBe('BAD_REQUEST')
  expect((await errorOf(as().list.query({ q: 'garden', order: 'relevance', cursor }))).code).toBe('BAD_REQUEST')
})

test.each([
  `${'-'.repeat(33)}garden`,
  '- '.repeat(99),
  '-<'.repeat(100),
  '-"a" '.repeat(40),
  '('.repeat(200),
  'or '.repeat(66),
])('S62: accepts %j like any other query', async (q) => {
  for (const order of ['newest', 'oldest', 'relevance']) {
    expect((await t.rest()('GET', '/posts', { query: { q, order } })).status).toBe(200)
  }
})

test('an even number of minus signs includes the word, an odd one excludes it', async () => {
  const without = await as().list.query({ q: `${'-'.repeat(33)}garden` })
  expect(titlesOf(without)).toEqual(['Soup'])
  expect(titlesOf(await as().list.query({ q: `${'-'.repeat(34)}gravel` }))).toEqual(['Gardens of stone'])
})

test('rejects a query of more than 200 characters, and one with a NUL', async () => {
  expect((await errorOf(as().list.query({ q: 'a'.repeat(201) }))).code).toBe('VALIDATION_ERROR')
  expect((await errorOf(as().list.query({ q: 'a\u0000' }))).code).toBe('VALIDATION_ERROR')
})

test('S30: a forged cursor with a rank or a time that PostgreSQL does not support is rejected as malformed', async () => {
  const forged = (order: 'relevance' | 'newest', place: string | number) =>
    encodeCursor(scopeOf({ order, q: 'garden', limit: 1 }), [place, author.user.id])
  for (const [order, place] of [
    ['relevance', 1e308],
    ['relevance', 1e-300],
    ['newest', '0000-01-01T00:00:00.000Z'],
  ] as const) {
    const input = { q: 'garden', order, cursor: forged(order, place) }
    expect((await errorOf(t.client().posts.list.query(input))).code).toBe('BAD_REQUEST')
    const reply = await t.rest()('GET', '/posts', { query: input })
    expect([reply.status, reply.body.error.code]).toEqual([400, 'BAD_REQUEST'])
  }
})
