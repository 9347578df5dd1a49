import type { Actor } from '../../core/actor.js'
import { ConflictError } from '../../core/errors.js'
import { assertVersion } from '../../core/fields/version.js'
import { record, recordIfForeign } from './audit-events.js'
import type { PostsParts } from './dependencies.js'
import { lockPost } from './lock.js'
import type { Post } from './schema.js'
import { postSelect } from './select.js'

/**
 * Soft-deletes a post.
 *
 * @throws NotFoundError, VersionMismatchError
 */
export async function removePost(
  { db, clock, audit }: PostsParts,
  actor: Actor,
  { id, version }: { id: string; version?: number | undefined },
): Promise<void> {
  await db.$transaction(async (tx) => {
    const post = await lockPost(tx, actor, id)
    assertVersion(post.version, version)
    await tx.post.updateMany({ where: { id }, data: { deletedAt: clock.now(), version: { increment: 1 } } })
    await recordIfForeign(audit, tx, { type: 'post.removed', actor, post })
  })
}

/**
 * Brings a removed post back.
 *
 * @throws NotFoundError unless it is removed, ConflictError while its author is
 */
export async function restorePost({ db, audit }: PostsParts, actor: Actor, { id }: { id: string }): Promise<Post> {
  return db.$transaction(async (tx) => {
    const post = await tx.post.update({
      where: { id, deletedAt: { not: null } },
      data: { deletedAt: null, version: { increment: 1 } },
      select: { id: true, authorId: true },
    })
    await record(audit, tx, { type: 'post.restored', actor, post })
    const restored = await tx.post.findUnique({ where: { id }, select: postSelect })
    if (!restored)
      throw new ConflictError({ message: 'The author of this post has been deleted. Restore the author first.' })
    return restored
  })
}
