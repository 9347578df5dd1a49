import { PrismaPg } from '@prisma/adapter-pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database } from '../../core/database/client.js'
import { PrismaClient } from '../../generated/client.js'
import { createStatementRecorder } from '../../testing/statement-recorder.js'
import { createTestDatabase, openDatabase } from '../../testing/test-database.js'

let database: Awaited<ReturnType<typeof createTestDatabase>>
let db: Database
const recorder = createStatementRecorder()
const ids = { living: '', gone: '', post: '', postOfGone: '' }

beforeAll(async () => {
  database = await createTestDatabase()
  db = openDatabase(database.url, { max: 3, onStatement: recorder.onStatement })
  const user = (name: string, deletedAt: Date | null) =>
    db.user.create({ data: { email: `${name}@example.com`, name, deletedAt } })
  const post = (authorId: string, deletedAt: Date | null) =>
    db.post.create({ data: { authorId, title: 'Title', body: 'Body', deletedAt } })
  ids.living = (await user('living', null)).id
  ids.gone = (await user('gone', new Date())).id
  ids.post = (await post(ids.living, null)).id
  ids.postOfGone = (await post(ids.gone, null)).id
  await post(ids.living, new Date())
})

afterAll(async () => {
  await db.$disconnect()
  await database.drop()
})

const withAuthor = { include: { author: true } } as const

describe('S31: soft-deleted rows of related models', () => {
  it('are hidden in lists and counts of other rows', async () => {
    const { posts, _count } = await db.user.findUniqueOrThrow({
      where: { id: ids.living },
      include: { posts: true, _count: { select: { posts: true } } },
    })
    expect(posts.map((post) => post.id)).toEqual([ids.post])
    expect(_count.posts).toBe(1)
    recorder.assertGuarded()
  })

  it('hide the posts of a deleted author if the author is read with them', async () => {
    expect(await db.post.findUnique({ where: { id: ids.postOfGone }, ...withAuthor })).toBeNull()
    const posts = await db.post.findMany({ select: { id: true, author: { select: { name: true } } } })
    expect(posts).toEqual([{ id: ids.post, author: { name: 'living' } }])
    recorder.assertGuarded()
  })

  it('are hidden at the second level', async () => {
    const include = { user: { include: { posts: withAuthor } } }
    expect(await db.session.findMany({ include })).toEqual([])
    recorder.assertGuarded()
  })
})

describe('the statement recorder', () => {
  it('reports nested reads of a client without the extension', async () => {
    const adapter = new PrismaPg({ connectionString: database.url, max: 1 })
    const bare = new PrismaClient({ adapter, log: [{ emit: 'event', level: 'query' }] })
    const [list, single] = [createStatementRecorder(), createStatementRecorder()]
    let current = list
    bare.$on('query', (event) => current.onStatement(event.query))
    await bare.user.findMany({ where: { deletedAt: null }, include: { posts: true } })
    expect(() => list.assertGuarded()).toThrow('Post')
    current = single
    await bare.post.findMany({ where: { deletedAt: null }, relationLoadStrategy: 'join', ...withAuthor })
    expect(() => single.assertGuarded()).toThrow('User')
    await bare.$disconnect()
  })
})
