import type { Actor } from '../../core/actor.js'
import type { Database } from '../../core/database/client.js'
import { NotFoundError } from '../../core/errors.js'
import { type PostsDependencies, removePost, restorePost, updatePost } from './change.js'
import { listPosts } from './list.js'
import type { CreatePost, ListPosts, Post, PostVersion, UpdatePost } from './schema.js'
import { searchPosts } from './search.js'
import { postColumns, visiblePosts } from './visibility.js'

/**
 * Posts. Published ones are public; drafts are visible to their author and admins. Authors change their own, admins
 * all.
 */
export function createPostsService(dependencies: PostsDependencies) {
  const { db } = dependencies
  return {
    list: async (actor: Actor | null, input: ListPosts) =>
      input.q === undefined ? listPosts(db, actor, input) : searchPosts(db, actor, { ...input, q: input.q }),
    get: (actor: Actor | null, input: { id: string }) => getPost(db, actor, input),
    create: (actor: Actor, input: CreatePost) => createPost(dependencies, actor, input),
    replace: (actor: Actor, input: UpdatePost) => updatePost(dependencies, actor, input),
    update: (actor: Actor, input: UpdatePost) => updatePost(dependencies, actor, input),
    remove: (actor: Actor, input: PostVersion) => removePost(dependencies, actor, input),
    restore: (actor: Actor, input: { id: string }) => restorePost(dependencies, actor, input),
  }
}

/** @throws NotFoundError */
async function getPost(db: Database, actor: Actor | null, { id }: { id: string }): Promise<Post> {
  const where = { AND: [{ id }, visiblePosts(actor)] }
  const post = await db.post.findFirst({ where, select: postColumns, relationLoadStrategy: 'join' })
  if (!post) throw new NotFoundError({ resource: 'Post' })
  return post
}

async function createPost({ db, clock }: PostsDependencies, { userId: authorId }: Actor, input: CreatePost) {
  const { title, body, status } = input
  const publishedAt = status === 'published' ? clock.now() : null
  return db.post.create({ data: { authorId, title, body, status, publishedAt }, select: postColumns })
}
