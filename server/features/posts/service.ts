import type { Actor } from '../../core/actor.js'
import { NotFoundError } from '../../core/errors.js'
import { changePost } from './change.js'
import type { PostsParts } from './dependencies.js'
import { listPosts } from './list.js'
import { removePost, restorePost } from './removal.js'
import type { CreatePost, ListPosts, Post, UpdatePost } from './schema.js'
import { searchPosts } from './search.js'
import { postSelect } from './select.js'
import { visiblePosts } from './visibility.js'

/** Posts. Everybody reads published ones; drafts are for their author and admins; authors write their own, admins all. */
export function createPostsService(parts: PostsParts) {
  const { db, clock } = parts
  const update = (actor: Actor, input: UpdatePost) => changePost(parts, actor, input)
  return {
    /** @throws BadRequestError for a broken cursor */
    async list(actor: Actor | null, input: ListPosts) {
      const { q } = input
      return q === undefined ? listPosts(db, actor, input) : searchPosts(db, actor, { ...input, q })
    },

    /** @throws NotFoundError */
    async get(actor: Actor | null, { id }: { id: string }): Promise<Post> {
      const where = { AND: [{ id }, visiblePosts(actor)] }
      const post = await db.post.findFirst({ where, select: postSelect, relationLoadStrategy: 'join' })
      if (!post) throw new NotFoundError({ resource: 'Post' })
      return post
    },

    async create(actor: Actor, { title, body, status }: CreatePost): Promise<Post> {
      const publishedAt = status === 'published' ? clock.now() : null
      const data = { authorId: actor.userId, title, body, status, publishedAt }
      return db.post.create({ data, select: postSelect })
    },

    replace: update,
    update,

    remove(actor: Actor, input: { id: string; version?: number | undefined }): Promise<void> {
      return removePost(parts, actor, input)
    },

    restore(actor: Actor, input: { id: string }): Promise<Post> {
      return restorePost(parts, actor, input)
    },
  }
}
