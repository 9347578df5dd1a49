import type { Actor } from '../../core/actor.js'
import type { Clock } from '../../core/clock.js'
import type { Database, Transaction } from '../../core/database/client.js'
import { ConflictError } from '../../core/errors.js'
import { expectRow } from '../../core/fields/locked-row.js'
import { type Post as PostRow, Prisma } from '../../generated/client.js'
import { type AuditService, doneBy } from '../audit/service.js'
import type { Post, PostVersion, UpdatePost } from './schema.js'
import { postColumns } from './visibility.js'

/** The dependencies of the verbs of posts. */
export interface PostsDependencies {
  db: Database
  clock: Clock
  audit: AuditService
}

/**
 * Changes the given fields. `publishedAt` is set when a post is first published and never changed, so that publishing a
 * post again does not list it as new.
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
    const data = { title, body, status, publishedAt, version: { increment: 1 } }
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
  { id, version }: PostVersion,
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
 * @throws NotFoundError if it is not removed, ConflictError while its author is
 */
export async function restorePost(
  { db, audit }: PostsDependencies,
  actor: Actor,
  { id }: { id: string },
): Promise<Post> {
  return db.$transaction(async (tx) => {
    const post = await tx.post.update({
      where: { id, deletedAt: { not: null } },
      data: { deletedAt: null, version: { increment: 1 } },
      select: { id: true, authorId: true },
    })
    await audit.record(tx, { type: 'post.restored', ...changeOf(post, actor) })
    const restored = await tx.post.findUnique({ where: { id }, select: postColumns })
    if (!restored)
      throw new ConflictError({ message: 'The author of this post has been deleted. Restore the author first.' })
    return restored
  })
}

/** The columns that a change needs. */
type LockedPost = Pick<PostRow, 'id' | 'authorId' | 'title' | 'body' | 'status' | 'publishedAt' | 'version'>

// A post that the actor may change: an own one, or any for admins. Others wait until the transaction ends.
async function lockPost(tx: Transaction, actor: Actor, { id, version }: PostVersion): Promise<LockedPost> {
  const own = actor.reach === 'all' ? Prisma.empty : Prisma.sql`AND p."authorId" = ${actor.userId}::uuid`
  const rows = await tx.$queryRaw<LockedPost[]>`
    SELECT p."id", p."authorId", p."title", p."body", p."status", p."publishedAt", p."version"::int
    FROM "Post" p JOIN "User" u ON u."id" = p."authorId"
    WHERE p."id" = ${id}::uuid AND p."deletedAt" IS NULL AND u."deletedAt" IS NULL ${own}
    FOR NO KEY UPDATE OF p`
  return expectRow(rows, { resource: 'Post', version })
}

// Changes by the author are not recorded, except that an admin restored the post.
function isOwn({ authorId }: { authorId: string }, { userId }: Actor): boolean {
  return authorId === userId
}

function changeOf({ id: postId, authorId: userId }: { id: string; authorId: string }, actor: Actor) {
  return { ...doneBy(actor), userId, data: { postId } }
}
