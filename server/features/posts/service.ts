import type { Actor } from '../../core/actor.js'
import type { ByIdAndVersion } from '../../core/fields/schema.js'
import { createOnce } from '../../core/idempotency/create-once.js'
import { type PostsDependencies, removePost, restorePost, updatePost } from './change.js'
import { listPosts } from './list.js'
import { type CreatePost, type ListPosts, postSchema, type UpdatePost } from './schema.js'
import { searchPosts } from './search.js'
import { postColumns, readPost } from './visibility.js'

/**
 * Posts. Published ones are public; drafts are visible to their author and admins. Authors change their own, admins
 * all.
 */
export function createPostsService(dependencies: PostsDependencies) {
  const { db } = dependencies
  return {
    list: async (actor: Actor | null, input: ListPosts) =>
      input.q ? searchPosts(db, actor, { ...input, q: input.q }) : listPosts(db, actor, { ...input, q: undefined }),
    get: (actor: Actor | null, input: { id: string }) => readPost(db, actor, input),
    create: (actor: Actor, input: CreatePost) => createPost(dependencies, actor, input),
    replace: (actor: Actor, input: UpdatePost) => updatePost(dependencies, actor, input),
    update: (actor: Actor, input: UpdatePost) => updatePost(dependencies, actor, input),
    remove: (actor: Actor, input: ByIdAndVersion) => removePost(dependencies, actor, input),
    restore: (actor: Actor, input: ByIdAndVersion) => restorePost(dependencies, actor, input),
  }
}

async function createPost(dependencies: PostsDependencies, actor: Actor, input: CreatePost) {
  const { title, body, status } = input
  const publishedAt = status === 'published' ? dependencies.clock.now() : null
  const data = { authorId: actor.userId, title, body, status, publishedAt }
  return createOnce(dependencies, actor, { input, output: postSchema }, (tx) =>
    tx.post.create({ data, select: postColumns }),
  )
}
