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

/** The condition that a post `p` stands before, at or behind a place. */
export function standsAt(comparison: '<' | '<=' | '>=' | '>', [time, id]: TimePosition): Prisma.Sql {
  return Prisma.sql`(p."listedAt", p."id") ${Prisma.raw(comparison)} (${time}::timestamptz, ${id}::uuid)`
}

/** The condition that a post `p` comes after a place in an order; all do where there is none. */
export function comesAfter(place: TimePosition | undefined, order: TimeOrder): Prisma.Sql {
  return place ? standsAt(order === 'oldest' ? '>' : '<', place) : Prisma.sql`true`
}

interface PostsByTime {
  /** Conditions on posts that go by the name `p`, of which no post meets two. */
  kinds: readonly Prisma.Sql[]
  /** More conditions on `p`: between which places. */
  bounds: Prisma.Sql
  order: TimeOrder
  limit: number | Prisma.Sql
}

/** A subquery of the first posts in an order by time. Each kind is read from an index, no further than the limit. */
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
  /** What `posts` refers to. */
  ctes?: Prisma.Sql
  /** A subquery of posts and their `rank`. */
  posts: Prisma.Sql
  order: Prisma.Sql
  limit: number
}

/**
 * Reads a page of posts, and one more to tell that there are more. The database stops behind the post with which the
 * bodies exceed what a page may hold, so that it reads hardly more than is answered.
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

// Looked up for one post after the other, no more of them than the page needs.
const hasAuthor = Prisma.sql`(SELECT a."deletedAt" IS NULL FROM "User" a WHERE a."id" = p."authorId")`
