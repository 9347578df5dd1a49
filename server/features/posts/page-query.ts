import { living } from '../../core/database/prepared-reads.js'
import { pageBytesMax } from '../../core/pagination/cursor.js'
import { Prisma } from '../../generated/client.js'
import type { Post } from './schema.js'
import { postColumnsInSql } from './visibility.js'

/** The orders by time, for ORDER BY. */
export const timeOrders = {
  newest: Prisma.sql`"listedAt" DESC, "id" DESC`,
  oldest: Prisma.sql`"listedAt" ASC, "id" ASC`,
}

export type TimeOrder = keyof typeof timeOrders

/** A position in an order by time, or the parameters of one. */
type Place = readonly [time: unknown, id: unknown]

/** The condition that a post `p` is before, at or after a position. */
export function standsAt(comparison: '<' | '<=' | '>=' | '>', [time, id]: Place): Prisma.Sql {
  return Prisma.sql`(p."listedAt", p."id") ${Prisma.raw(comparison)} (${time}::timestamptz, ${id}::uuid)`
}

/** The condition that a post `p` is after a position in an order; true if there is no position. */
export function comesAfter(place: Place | undefined, order: TimeOrder): Prisma.Sql {
  return place ? standsAt(order === 'oldest' ? '>' : '<', place) : Prisma.sql`true`
}

interface PostsByTime {
  /** Conditions on posts with the alias `p`. No post matches two of them. */
  kinds: readonly Prisma.Sql[]
  /** Further conditions on `p`: between which positions. */
  bounds: Prisma.Sql
  order: TimeOrder
  limit: unknown
}

/** A subquery of the first posts in an order by time. Each condition is read from an index, up to the limit. */
export function firstPosts({ kinds, bounds, order, limit }: PostsByTime): Prisma.Sql {
  const byTime = Prisma.sql`ORDER BY ${timeOrders[order]} LIMIT ${limit}`
  const parts = kinds.map(
    (kind) => Prisma.sql`(SELECT p.* FROM ${living('Post')} p WHERE ${kind} AND ${bounds} ${byTime})`,
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
  /** The number of posts that are read, one more than the page has. */
  limit: unknown
}

/**
 * The query for a page of posts, and one more to know whether there are more. The database stops at the post whose body
 * exceeds the size of a page, so that it reads hardly more than is returned.
 */
export function pageQuery({ ctes, posts, order, limit }: Page): Prisma.Sql {
  return Prisma.sql`
    ${ctes ? Prisma.sql`WITH ${ctes}` : Prisma.empty}
    SELECT ${postColumnsInSql}, p."rank"
    FROM (
      SELECT s.*, sum(octet_length(s."body"))
        OVER (ORDER BY ${order} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS "bytesBefore"
      FROM (SELECT p.* FROM ${posts} p WHERE ${hasAuthor} ORDER BY ${order} LIMIT ${limit}) s) p
      JOIN ${living('User')} u ON u."id" = p."authorId"
    WHERE coalesce(p."bytesBefore", 0) <= ${literal(pageBytesMax)}
    ORDER BY ${order}`
}

// Looked up for one post at a time, and only for as many as the page needs.
const hasAuthor = Prisma.sql`(SELECT true FROM ${living('User')} a WHERE a."id" = p."authorId")`

/** A number in the text of a statement, so that a generic plan of PostgreSQL sees it. */
export function literal(count: number): Prisma.Sql {
  return Prisma.raw(String(count))
}
