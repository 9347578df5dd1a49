import { expect, test } from 'vitest'
import type { Actor } from '../../core/actor.js'
import { systemClock } from '../../core/clock.js'
import { encodeCursor } from '../../core/pagination/cursor.js'
import { openExplainedDatabase } from '../../testing/explain.js'
import { createAuditService } from '../audit/service.js'
import { scopeOf } from './list.js'
import { listPostsSchema } from './schema.js'
import { createPostsService } from './service.js'

const userCount = 2_000
const postCount = 100_000

// The limit for a page of a search: 2,000 posts.
const searchBlocksMax = 600

// The table of posts has more than 3,000 blocks; a scan from the first row to the middle would read half of them.
const { db, run, faultsOf } = await openExplainedDatabase()
await fill()
const { id: authorId } = await db.user.findFirstOrThrow({ orderBy: { createdAt: 'asc' }, skip: 700 })
const author = actor('user', authorId)
const [hoarder, removed] = await Promise.all([
  fillWith('draft', 'now()'),
  fillWith('published', "now() - interval '20 days'"),
])
await db.user.update({ where: { id: removed }, data: { deletedAt: new Date() } })
await run('VACUUM ANALYZE')

const nobody = () => null
const someUser = () => author
const admin = () => actor('admin', '00000000-0000-7000-8000-000000000000')
const byAuthor = () => ({ authorId: author.userId })

const lists: [string, () => Actor | null, () => object][] = [
  ['newest', nobody, () => ({})],
  ['oldest', nobody, () => ({ order: 'oldest' })],
  ['published', nobody, () => ({ status: 'published' })],
  ['drafts for an anonymous caller', nobody, () => ({ status: 'draft' })],
  ['by author', nobody, byAuthor],
  ['published by author', nobody, () => ({ ...byAuthor(), status: 'published' })],
  ['own drafts and published', someUser, () => ({})],
  ['own drafts', someUser, () => ({ status: 'draft' })],
  ['own posts', someUser, byAuthor],
  ['all, to an admin', admin, () => ({})],
  ['drafts, to an admin', admin, () => ({ status: 'draft' })],
  ['search by time', nobody, () => ({ q: 'topic17' })],
  ['search by relevance', nobody, () => ({ q: 'topic17', order: 'relevance' })],
  ['search by author', someUser, () => ({ q: 'garden', ...byAuthor() })],
]

test.each(lists)('lists %s from an index, also in the middle', async (_name, as, filters) => {
  const input = listPostsSchema.parse(filters())
  expect(await faultsOf(() => posts().list(as(), input), 'Post')).toEqual([])
  const position = [new Date(Date.now() - 40 * 86_400_000).toISOString(), '00000000-0000-7000-8000-000000000000']
  const ranked = input.order === 'relevance' ? [0.3, '00000000-0000-7000-8000-000000000000'] : []
  const cursor = encodeCursor(scopeOf(input), [...position, ...ranked])
  expect(await faultsOf(() => posts().list(as(), { ...input, cursor }), 'Post')).toEqual([])
})

test.each([
  ['an author with many drafts', nobody, () => ({ authorId: hoarder })],
  ['a removed author', nobody, () => ({ authorId: removed })],
  ['a removed author, to an admin', admin, () => ({ authorId: removed })],
  ['drafts of an author with many, to others', someUser, () => ({ authorId: hoarder, status: 'draft' as const })],
])('S64: a list of the posts of %s reads only posts that it shows', async (_name, as, filters) => {
  for (const order of ['newest', 'oldest']) {
    const list = () => posts().list(as(), listPostsSchema.parse({ ...filters(), order }))
    expect((await list()).items).toEqual([])
    expect(await faultsOf(list, 'Post', 50)).toEqual([])
  }
})

const sixteen = (join: string) => Array.from({ length: 16 }, (_, index) => `topic${index}`).join(join)

// Words that are all common, or not required; they match many, few or no posts.
const costly = [
  'text',
  'garden or kitchen or text or about',
  sixteen(' or '),
  `text -${sixteen(' -')}`,
  'text about garden',
  'text about garden kitchen',
  '"garden kitchen"',
  '"text garden" or "about kitchen"',
  '"text on gardens"',
  '-text',
  'text -about',
  '-garden -kitchen',
  'nowhere or -text',
]

test.each(['newest', 'oldest', 'relevance'].flatMap((order) => costly.map((q) => [order, q] as const)))(
  'S61: a search by %s reads a bounded number of posts for any query: %s',
  async (order, q) => {
    const input = listPostsSchema.parse({ q, order })
    expect(await faultsOf(() => posts().list(null, input), 'Post', searchBlocksMax)).toEqual([])
  },
)

test('reads every match of a frequent word without reading the other posts', async () => {
  expect(await faultsOf(() => posts().list(null, listPostsSchema.parse({ q: 'garden' })), 'Post')).toEqual([])
})

test('gets a post by its key', async () => {
  const { id } = await db.post.findFirstOrThrow({ select: { id: true } })
  expect(await faultsOf(() => posts().get(author, { id }), 'Post')).toEqual([])
})

function posts() {
  return createPostsService({ db, clock: systemClock, audit: createAuditService({ db }) })
}

function actor(role: Actor['role'], userId: string): Actor {
  return { userId, role, sessionId: '', origin: { requestId: '', ip: '', userAgent: '' } }
}

async function fill(): Promise<void> {
  await run(`
    INSERT INTO "User" ("id", "email", "name", "role", "disabledAt", "createdAt", "updatedAt")
    SELECT gen_random_uuid(), 'user' || i || '@example.com', 'User ' || i,
      (CASE WHEN i % 400 = 0 THEN 'admin' ELSE 'user' END)::"Role", CASE WHEN i % 100 = 1 THEN now() END,
      now() - i * interval '1 minute', now()
    FROM generate_series(1, ${userCount}) i`)
  await run(`
    INSERT INTO "Post" ("id", "authorId", "title", "body", "status", "createdAt", "updatedAt", "deletedAt")
    SELECT gen_random_uuid(), u.ids[1 + (i * 7) % ${userCount}], 'About topic' || i % 500,
      'A text on ' || CASE WHEN i % 3 = 0 THEN 'gardens' ELSE 'kitchens' END || ' and topic' || (i / 7) % 500,
      (CASE WHEN i % 4 = 0 THEN 'draft' ELSE 'published' END)::"PostStatus",
      now() - i * interval '1 minute', now(), CASE WHEN i % 50 = 0 THEN now() END
    FROM generate_series(1, ${postCount}) i, (SELECT array_agg("id") ids FROM "User") u`)
  await run('VACUUM ANALYZE')
}

// Posts of one author, of one status and from one time on.
async function fillWith(status: string, createdAt: string): Promise<string> {
  const { id } = await db.user.create({ data: { email: `${status}@example.com`, name: 'Busy' } })
  await run(
    `INSERT INTO "Post" ("id", "authorId", "title", "body", "status", "createdAt", "updatedAt")
     SELECT gen_random_uuid(), $1, 'A title', 'A body', $2::"PostStatus", ${createdAt} + i * interval '1 ms', now()
     FROM generate_series(1, 20000) i`,
    [id, status],
  )
  return id
}
