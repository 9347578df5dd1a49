import { randomUUID } from 'node:crypto'
import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '../../core/clock.js'
import type { Database } from '../../core/database/client.js'
import { openConnection } from '../../core/database/connection.js'
import { encodeCursor } from '../../core/pagination/cursor.js'
import { createTestDatabase, openDatabase } from '../../testing/test-database.js'
import { createAuditService } from '../audit/service.js'
import { scopeOf } from './list.js'
import { type ListPosts, listPostsSchema } from './schema.js'
import { createPostsService } from './service.js'

// More posts than two pages of a search read.
const postCount = 4_500

let database: Awaited<ReturnType<typeof createTestDatabase>>
let db: Database
let client: pg.Client
let authorId: string

beforeAll(async () => {
  database = await createTestDatabase()
  db = openDatabase(database.url)
  client = await openConnection(database.url)
  const author = await db.user.create({ data: { email: 'author@example.com', name: 'Author' } })
  authorId = author.id
  await client.query(insertPosts, [authorId, postCount])
  await client.query('ANALYZE')
}, 60_000)

afterAll(async () => {
  await client.end()
  await db.$disconnect()
  await database.drop()
})

// Words of all posts (text), of the older third (past), of the newer rest (present), of one in 2, 3, 50 and 700; every
// fifth post is a draft, and ten posts have the same time.
const insertPosts = `
  INSERT INTO "Post" ("id", "authorId", "title", "body", "status", "createdAt", "updatedAt")
  SELECT gen_random_uuid(), $1, 'Title ' || n,
    repeat('text ', 1 + n % 7) || CASE WHEN n > 3000 THEN 'past ' ELSE 'present ' END
      || CASE WHEN n % 2 = 0 THEN 'even ' ELSE 'odd ' END || CASE WHEN n % 3 = 0 THEN 'stone gravel ' ELSE 'gravel stone ' END
      || CASE WHEN n % 50 = 0 THEN 'middling ' ELSE '' END || CASE WHEN n % 700 = 0 THEN 'scarce' ELSE '' END,
    (CASE WHEN n % 5 = 0 THEN 'draft' ELSE 'published' END)::"PostStatus",
    timestamptz '2026-01-01T00:00:00Z' - (n / 10) * interval '1 minute', now()
  FROM generate_series(1, $2::int) n`

const orders = ['newest', 'oldest', 'relevance'] as const

// From the index and by looking through the posts, on one page and over several, with and without anything to find.
const queries = [
  'text',
  'past',
  'present -odd',
  'even odd',
  'even or odd',
  'scarce',
  'scarce or middling',
  'middling -scarce',
  'past middling',
  '"stone gravel" past',
  '"gravel stone" -even -past',
  '-present',
  '-text',
  'scarce or -present',
  'nowhere',
  'past -past',
  '"text present" "even gravel"',
]

test.each(orders.flatMap((order) => queries.map((q) => [order, q] as const)))(
  'finds all matches exactly once, and no other post, by %s: %s',
  async (order, q) => {
    const found = await searchAll({ q, order })
    const expected = await matchesOf(q)
    if (order === 'oldest') expected.reverse()
    if (order === 'relevance') expect(found.toSorted()).toEqual(expected.toSorted())
    else expect(found).toEqual(expected)
  },
)

test('ranks all matches if not too many posts contain the words', async () => {
  const { rows } = await client.query<{ id: string }>(
    `SELECT "id" FROM "Post" WHERE "searchVector" @@ 'middling | scarce'::tsquery AND "status" = 'published'
     ORDER BY ts_rank("searchVector", 'middling | scarce') DESC, "id" DESC`,
  )
  expect(await searchAll({ q: 'middling or scarce', order: 'relevance', limit: 7 })).toEqual(rows.map(({ id }) => id))
})

test.each([
  ['text', 'relevance'],
  ['middling or scarce', 'relevance'],
  ['text', 'newest'],
  ['past', 'newest'],
] as const)('S61: pages of %s by %s neither repeat nor skip a post while others write', async (q, order) => {
  const before = await matchesOf(q)
  const found = await searchAll({ q, order }, async () => {
    const body = 'text text text text past middling scarce'
    await db.post.createMany({
      data: [1, 2, 3].map(() => ({ authorId, title: q, body, status: 'published' as const })),
    })
  })
  expect(new Set(found).size).toBe(found.length)
  const isOld = new Set(before)
  expect(found.filter((id) => isOld.has(id)).toSorted()).toEqual(before.toSorted())
  await db.post.updateMany({ where: { id: { notIn: before }, title: q }, data: { deletedAt: new Date() } })
})

test('S61: a forged cursor does not make a page of a search read more posts', async () => {
  const input = listPostsSchema.parse({ q: 'text', order: 'relevance', limit: 100 })
  const cursor = encodeCursor(scopeOf(input), ['9999-12-31T23:59:59.999Z', randomUUID(), 1, randomUUID()])
  const { items } = await posts().list(null, { ...input, cursor })
  const newest = new Set((await matchesOf('text')).slice(0, 2_000))
  expect(items).toHaveLength(100)
  expect(items.filter(({ id }) => !newest.has(id))).toEqual([])
})

function posts() {
  return createPostsService({ db, clock: systemClock, audit: createAuditService({ db }) })
}

// Reads all pages. A page that is not full, or is empty, must say that more follow if they do.
async function searchAll(filters: Partial<ListPosts>, betweenPages?: () => Promise<void>): Promise<string[]> {
  const found: string[] = []
  let cursor: string | undefined
  do {
    const { items, meta } = await posts().list(null, listPostsSchema.parse({ limit: 100, ...filters, cursor }))
    found.push(...items.map(({ id }) => id))
    cursor = meta.nextCursor ?? undefined
    expect([meta.hasMore, meta.limit]).toEqual([cursor !== undefined, filters.limit ?? 100])
    if (cursor) await betweenPages?.()
  } while (cursor)
  return found
}

// PostgreSQL's match and rank of every single post, newest first.
async function matchesOf(q: string): Promise<string[]> {
  const { rows } = await client.query<{ id: string }>(
    `SELECT "id" FROM "Post" WHERE "searchVector" || '' @@ websearch_to_tsquery('english', $1)
       AND "status" = 'published' AND "deletedAt" IS NULL ORDER BY "createdAt" DESC, "id" DESC`,
    [q],
  )
  return rows.map(({ id }) => id)
}
