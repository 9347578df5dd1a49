import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database } from '../../core/database/client.js'
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
const hasAuthor = { author: { deletedAt: null } } as const

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

  it('hide the posts of a deleted author by one condition, whatever is selected', async () => {
    expect(await db.post.findUnique({ where: { id: ids.postOfGone, ...hasAuthor }, ...withAuthor })).toBeNull()
    const posts = await db.post.findMany({ where: hasAuthor, select: { id: true, author: { select: { id: true } } } })
    expect(posts).toEqual([{ id: ids.post, author: { id: ids.living } }])
    expect(await db.post.findMany({ where: hasAuthor, select: { id: true } })).toEqual([{ id: ids.post }])
    expect(await db.post.count({ where: hasAuthor })).toBe(1)
    recorder.assertGuarded()
  })

  it('are neither changed nor deleted by a nested write, at any depth', async () => {
    const where = { id: ids.living }
    const change = (posts: object) => db.user.update({ where, data: { name: 'X', posts } })
    for (const posts of [
      { deleteMany: {} },
      { delete: { id: ids.post } },
      { updateMany: { where: {}, data: { title: 'X' } } },
      { update: { where: { id: ids.post }, data: { title: 'X' } } },
      { upsert: { where: { id: ids.post }, create: { title: 'X', body: 'X' }, update: {} } },
      { create: { title: 'X', body: 'X', author: { update: { name: 'X' } } } },
    ]) {
      await expect(change(posts), JSON.stringify(posts)).rejects.toThrow('soft-deleted')
    }
    const author = { update: { name: 'X' } }
    await expect(db.post.update({ where: { id: ids.post }, data: { author } })).rejects.toThrow(
      'User rows are soft-deleted',
    )
    expect(await db.post.count({ where: { title: 'X' } })).toBe(0)
    expect(await change({ create: { title: 'New', body: 'Body', deletedAt: new Date() } })).toMatchObject({ name: 'X' })
  })

  it('are hidden two levels down', async () => {
    const posts = { ...withAuthor, where: hasAuthor }
    const user = await db.user.findMany({ where: { id: ids.living }, include: { posts } })
    expect(user.map((row) => row.posts.map(({ id }) => id))).toEqual([[ids.post]])
    recorder.assertGuarded()
  })
})
