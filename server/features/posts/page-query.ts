import type { Db } from '../../core/database/client.js'
import { pageBytesMax, type TimePosition } from '../../core/pagination/cursor.js'
import { Prisma } from '../../generated/client.js'
import type { Post } from './schema.js'
import { postColumnsInSql } from './visibility.js'

/** The orders by time, for ORDER BY. */
export const timeOrders = {
  newest: Prisma.sql`"listedAt" DESC, "id" DESC`,
  oldest: Prisma.sql`"listedAt" ASC, "id" ASC`,
}

export type TimeOrder = keyof typeof timeOrders

/** The condition that a post `p` is before, at or after a position. */
export function standsAt(comparison: '<' | '<=' | '>=' | '>', [time, id]: TimePosition): Prisma.Sql {
  return Prisma.sql`(p."listedAt", p."id") ${Prisma.raw(comparison)} (${time}::timestamptz, ${id}::uuid)`
}

/** The condition that a post `p` is after a position in an order; true if there is no position. */
export function comesAfter(place: TimePosition | undefined, order: TimeOrder): Prisma.Sql {
  return place ? standsAt(order === 'oldest' ? '>' : '<', place) : Prisma.sql`true`
}

interface PostsByTime {
  /** Conditions on posts with the alias `p`. No post matches two of them. */
  kinds: readonly Prisma.Sql[]
  /** Further conditions on `p`: between which positions. */
  bounds: Prisma.Sql
  order: TimeOrder
  limit: number | Prisma.Sql
}

/** A subquery of the first posts in an order by time. Each condition is read from an index, up to the limit. */
export function firstPosts({ kinds, bounds, order, limit }: PostsByTime): Prisma.Sql {
  const byTime = Prisma.sql`ORDER BY ${timeOrders[order]} LIMIT ${limit}`
  const parts = kinds.map(
    (kind) => Prisma.sql`(SELECT p.* FROM "Post" p WHERE p."deletedAt" IS NULL AND ${kind} AND ${bounds} ${byTime})`,
  )
  const all = Prisma.join(parts, ' UNION ALL ')
  return parts.length === 1 ? all : Prisma.sql`(SELECT a.* FROM (${all}) a ${byTime})`
}

/** The time by which lists order a post, as the column of the same name holds it. */
export function listedAt({ publishedAt, createdAt }: Pick<Post, 'publishedAt' | 'createdAt'>): Date {
  return publishedAt ?? createdAt
}

/** A post with what an order by relevance needs; 0 in others. */
export type Ranked = Post & { rank: number }

interface Page {
  /** CTEs that `posts` uses. */
  ctes?: Prisma.Sql
  /** A subquery of posts and their `rank`. */
  posts: Prisma.Sql
  order: Prisma.Sql
  limit: number
}

/**
 * Reads a page of posts, and one more to know whether there are more. The database stops at the post whose body exceeds
 * the size of a page, so that it reads hardly more than is returned.
 */
export async function readPage(db: Db, { ctes, posts, order, limit }: Page): Promise<Ranked[]> {
  return db.$queryRaw<Ranked[]>`
    ${ctes ? Prisma.sql`WITH ${ctes}` : Prisma.empty}
    SELECT ${postColumnsInSql}, p."rank"
    FROM (
      SELECT s.*, sum(octet_length(s."body"))
        OVER (ORDER BY ${order} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS "bytesBefore"
      FROM (SELECT p.* FROM ${posts} p WHERE ${hasAuthor} ORDER BY ${order} LIMIT ${limit + 1}) s) p
      JOIN "User" u ON u."id" = p."authorId" AND u."deletedAt" IS NULL
    WHERE coalesce(p."bytesBefore", 0) <= ${pageBytesMax}
    ORDER BY ${order}`
}

// Looked up for one post at a time, and only for as many as the page needs.
const hasAuthor = Prisma.sql`(SELECT a."deletedAt" IS NULL FROM "User" a WHERE a."id" = p."authorId")`
