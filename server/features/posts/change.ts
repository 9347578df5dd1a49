import type { Actor } from '../../core/actor.js'
import { assertVersion } from '../../core/fields/version.js'
import { recordIfForeign } from './audit-events.js'
import type { PostsParts } from './dependencies.js'
import { lockPost } from './lock.js'
import type { Post, UpdatePost } from './schema.js'
import { postSelect } from './select.js'

/**
 * Changes the fields that are given. `publishedAt` becomes the time at which a post is first published, and stays when
 * it is a draft again, so that publishing anew does not bring it up as new.
 *
 * @throws NotFoundError, VersionMismatchError
 */
export async function changePost(
  { db, clock, audit }: PostsParts,
  actor: Actor,
  { id, version, ...changes }: UpdatePost,
): Promise<Post> {
  return db.$transaction(async (tx) => {
    const post = await lockPost(tx, actor, id)
    assertVersion(post.version, version)
    const { title = post.title, body = post.body, status = post.status } = changes
    const publishedAt = post.publishedAt ?? (status === 'published' ? clock.now() : null)
    const data = { title, body, status, publishedAt, version: { increment: 1 } }
    const changed = await tx.post.update({ where: { id }, data, select: postSelect })
    await recordIfForeign(audit, tx, { type: 'post.updated_by_admin', actor, post })
    return changed
  })
}
