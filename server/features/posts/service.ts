import type { Actor } from '../../core/actor.js'
import type { Transaction } from '../../core/database/client.js'
import { includingDeleted } from '../../core/database/soft-delete.js'
import type { ByIdAndVersion } from '../../core/fields/schema.js'
import { createRowOnce } from '../../core/idempotency/create-once.js'
import { readAll } from '../../core/pagination/cursor.js'
import { type PostsDependencies, removePost, restorePost, updatePost } from './change.js'
import { getPost, listPosts } from './list.js'
import { type CreatePost, type ListPosts, postSchema, type UpdatePost } from './schema.js'
import { searchPosts } from './search.js'
import { readPost } from './visibility.js'

/**
 * Posts. Published ones are public; drafts are visible to their author and admins. Authors change their own, admins
 * all.
 */
export function createPostsService(dependencies: PostsDependencies) {
  const { db, clock } = dependencies
  return {
    list: async (actor: Actor | null, input: ListPosts) =>
      input.q ? searchPosts(db, actor, { ...input, q: input.q }) : listPosts(db, actor, { ...input, q: undefined }),
    get: (actor: Actor | null, input: { id: string }) => getPost(db, actor, input),
    create: (actor: Actor, input: CreatePost) => createPost(dependencies, actor, input),
    replace: (actor: Actor, input: UpdatePost) => updatePost(dependencies, actor, input),
    update: (actor: Actor, input: UpdatePost) => updatePost(dependencies, actor, input),
    remove: (actor: Actor, input: ByIdAndVersion) => removePost(dependencies, actor, input),
    restore: (actor: Actor, input: ByIdAndVersion) => restorePost(dependencies, actor, input),

    ownRows: (authorId: string) =>
      readAll((range) => db.post.findMany({ where: { AND: [includingDeleted], authorId }, ...range })),
    eraseOwnRows: (tx: Transaction, authorId: string) =>
      tx.post.updateMany({
        where: { AND: [includingDeleted], authorId },
        data: { title: '', body: '', deletedAt: clock.now() },
      }),
  }
}

async function createPost(dependencies: PostsDependencies, actor: Actor, input: CreatePost) {
  const { title, body, status } = input
  const publishedAt = status === 'published' ? dependencies.clock.now() : null
  const data = { authorId: actor.userId, title, body, status, publishedAt }
  return createRowOnce(dependencies, actor, { input, output: postSchema }, async (db) => {
    // Without a relation in `select`, Prisma sends one INSERT. With its author it sends BEGIN, INSERT, SELECT and COMMIT,
    // which takes 1.5 times as long as this and the read.
    const post = await db.post.create({ data, select: { id: true } })
    return readPost(db, actor, post)
  })
}
