import type { Actor } from '../../core/actor.js'
import type { Clock } from '../../core/clock.js'
import type { Database, Transaction } from '../../core/database/client.js'
import { ConflictError } from '../../core/errors.js'
import type { ByIdAndVersion } from '../../core/fields/schema.js'
import { isUnchanged, lockRow } from '../../core/rows/row.js'
import { type AuditService, doneBy } from '../audit/service.js'
import type { Post, UpdatePost } from './schema.js'
import { changeablePosts, postColumns, readPost } from './visibility.js'

/** The dependencies of the verbs of posts. */
export interface PostsDependencies {
  db: Database
  clock: Clock
  audit: AuditService
}

/**
 * Changes the fields that are given. `publishedAt` becomes the time at which a post is first published, and stays when
 * it is a draft again, so that publishing anew does not bring it up as new. Without a change the post stays as it is.
 *
 * @throws NotFoundError, VersionMismatchError
 */
export async function updatePost(
  { db, clock, audit }: PostsDependencies,
  actor: Actor,
  { id, version, ...changes }: UpdatePost,
): Promise<Post> {
  return db.$transaction(async (tx) => {
    const post = await lockPost(tx, actor, { id, version })
    const { title = post.title, body = post.body, status = post.status } = changes
    const publishedAt = post.publishedAt ?? (status === 'published' ? clock.now() : null)
    const values = { title, body, status, publishedAt }
    if (isUnchanged(post, values)) return readPost(tx, actor, { id })
    const data = { ...values, version: { increment: 1 } }
    const changed = await tx.post.update({ where: { id }, data, select: postColumns })
    if (!isOwn(post, actor)) await audit.record(tx, { type: 'post.updated_by_admin', ...changeOf(post, actor) })
    return changed
  })
}

/**
 * Soft-deletes a post.
 *
 * @throws NotFoundError, VersionMismatchError
 */
export async function removePost(
  { db, clock, audit }: PostsDependencies,
  actor: Actor,
  { id, version }: ByIdAndVersion,
): Promise<void> {
  await db.$transaction(async (tx) => {
    const post = await lockPost(tx, actor, { id, version })
    await tx.post.updateMany({ where: { id }, data: { deletedAt: clock.now(), version: { increment: 1 } } })
    if (!isOwn(post, actor)) await audit.record(tx, { type: 'post.removed', ...changeOf(post, actor) })
  })
}

/**
 * Restores a removed post.
 *
 * @throws NotFoundError unless it is removed, VersionMismatchError, ConflictError while its author is removed
 */
export async function restorePost(
  { db, audit }: PostsDependencies,
  actor: Actor,
  { id, version }: ByIdAndVersion,
): Promise<Post> {
  return db.$transaction(async (tx) => {
    const post = await lockRow(tx, 'Post', { id, version }, () =>
      tx.post.findFirst({ where: { id, deletedAt: { not: null } } }),
    )
    await tx.post.updateMany({
      where: { id, deletedAt: { not: null } },
      data: { deletedAt: null, version: { increment: 1 } },
    })
    await audit.record(tx, { type: 'post.restored', ...changeOf(post, actor) })
    if (!(await tx.user.findUnique({ where: { id: post.authorId } })))
      throw new ConflictError({ message: 'The author of this post has been deleted. Restore the author first.' })
    return readPost(tx, actor, { id })
  })
}

/** A post that the actor may change: an own one, for admins any. Others wait until the transaction ends. */
function lockPost(tx: Transaction, actor: Actor, post: ByIdAndVersion) {
  const where = { ...changeablePosts(actor), id: post.id }
  return lockRow(tx, 'Post', post, () => tx.post.findFirst({ where }))
}

// Changes by the author are not recorded, except that an admin restored the post.
function isOwn({ authorId }: { authorId: string }, { userId }: Actor): boolean {
  return authorId === userId
}

function changeOf({ id: postId, authorId: userId }: { id: string; authorId: string }, actor: Actor) {
  return { ...doneBy(actor), userId, data: { postId } }
}
