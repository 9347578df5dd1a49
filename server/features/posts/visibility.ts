import type { Actor } from '../../context.js'
import { Prisma } from '../../database/generated/client.js'
import type { PostStatus } from './schema.js'

/**
 * The posts that someone may see: published ones, drafts of their own, and for admins all.
 *
 * @param status narrows them to one status. It is a parameter so that drafts are looked up by their author, not picked
 *   out of everybody's.
 */
export function visiblePosts(actor: Actor | null, status?: PostStatus): Prisma.PostWhereInput {
  if (actor?.role === 'admin') return status ? { status } : {}
  if (status === 'draft') return actor ? { status, authorId: actor.userId } : nothing
  if (status === 'published' || !actor) return { status: 'published' }
  return { OR: [{ status: 'published' }, { authorId: actor.userId }] }
}

/** The same in SQL, for posts that go by the name `p`. */
export function visiblePostsSql(actor: Actor | null, status?: PostStatus): Prisma.Sql {
  const asked = status ? Prisma.sql`p."status" = ${status}::"PostStatus"` : Prisma.sql`true`
  if (actor?.role === 'admin') return asked
  const own = actor ? Prisma.sql`p."authorId" = ${actor.userId}::uuid` : Prisma.sql`false`
  return Prisma.sql`${asked} AND (p."status" = 'published' OR ${own})`
}

const nothing: Prisma.PostWhereInput = { id: { in: [] } }
