import type { Actor } from '../../core/actor.js'
import type { Transaction } from '../../core/database/client.js'
import { NotFoundError } from '../../core/errors.js'
import { type Post, Prisma } from '../../generated/client.js'

/** What a change has to know of the post that it changes. */
type LockedPost = Pick<Post, 'id' | 'authorId' | 'title' | 'body' | 'status' | 'publishedAt' | 'version'>

/**
 * Locks a post that the actor may write: an own one, for admins any. Others wait until the transaction ends.
 *
 * @throws NotFoundError
 */
export async function lockPost(tx: Transaction, actor: Actor, id: string): Promise<LockedPost> {
  const own = actor.reach === 'all' ? Prisma.empty : Prisma.sql`AND p."authorId" = ${actor.userId}::uuid`
  const [post] = await tx.$queryRaw<LockedPost[]>`
    SELECT p."id", p."authorId", p."title", p."body", p."status", p."publishedAt", p."version"::int
    FROM "Post" p JOIN "User" u ON u."id" = p."authorId"
    WHERE p."id" = ${id}::uuid AND p."deletedAt" IS NULL AND u."deletedAt" IS NULL ${own}
    FOR NO KEY UPDATE OF p`
  if (!post) throw new NotFoundError({ resource: 'Post' })
  return post
}
