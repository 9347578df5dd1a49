import { z } from 'zod'
import type { Actor } from '../../context.js'
import type { Db } from '../../database/client.js'
import { Prisma } from '../../database/generated/client.js'
import { idSchema } from '../fields/schema.js'
import { cutPage, decodeCursor, encodeCursor } from '../pages/cursor.js'
import { scopeOf, timePosition, timePositionOf } from './list.js'
import type { ListPosts, Post } from './schema.js'
import { visiblePostsSql } from './visibility.js'

type Search = ListPosts & { q: string }
type Found = Post & { rank: number }

/**
 * Reads a page of the posts that hold the words of `q`, which is written as in a web search: quotes for a phrase, `or`,
 * `-` before a word to leave out. A query without a word that counts finds nothing.
 */
export async function searchPosts(db: Db, actor: Actor | null, search: Search) {
  const { limit, order } = search
  const scope = scopeOf(search)
  const found = await db.$queryRaw<Found[]>(searchStatement(actor, search))
  const { items, meta } = cutPage(found, limit, (last) =>
    encodeCursor(scope, order === 'relevance' ? [last.rank, last.id] : timePositionOf(last)),
  )
  return { items: items.map(({ rank: _rank, ...post }) => post), meta }
}

function searchStatement(actor: Actor | null, search: Search): Prisma.Sql {
  const { authorId, status, order, q, limit } = search
  const query = Prisma.sql`websearch_to_tsquery('english', ${q})`
  const rank = order === 'relevance' ? Prisma.sql`ts_rank(p."searchVector", ${query})` : Prisma.sql`0::real`
  const author = authorId === undefined ? Prisma.empty : Prisma.sql`AND p."authorId" = ${authorId}::uuid`
  return Prisma.sql`
    SELECT p."id", p."title", p."body", p."status", p."publishedAt", p."createdAt", p."updatedAt", p."version",
      json_build_object('id', u."id", 'name', u."name") AS "author", ${rank} AS "rank"
    FROM "Post" p JOIN "User" u ON u."id" = p."authorId"
    WHERE p."deletedAt" IS NULL AND u."deletedAt" IS NULL
      AND p."searchVector" @@ ${query} AND ${visiblePostsSql(actor, status)} ${author} ${beyond(search, rank)}
    ORDER BY ${orders[order]} LIMIT ${limit + 1}`
}

const orders = {
  newest: Prisma.sql`p."createdAt" DESC, p."id" DESC`,
  oldest: Prisma.sql`p."createdAt" ASC, p."id" ASC`,
  relevance: Prisma.sql`"rank" DESC, p."id" DESC`,
} satisfies Record<Search['order'], Prisma.Sql>

const rankPosition = z.tuple([z.number().refine(fitsReal), idSchema])

// PostgreSQL refuses a number that a `real` cannot hold.
function fitsReal(rank: number): boolean {
  const real = Math.fround(rank)
  return Number.isFinite(real) && (real !== 0 || rank === 0)
}

function beyond(search: Search, rank: Prisma.Sql): Prisma.Sql {
  const { cursor, order } = search
  if (cursor === undefined) return Prisma.empty
  if (order === 'relevance') {
    const [value, id] = decodeCursor(cursor, scopeOf(search), rankPosition)
    return Prisma.sql`AND (${rank}, p."id") < (${value}::real, ${id}::uuid)`
  }
  const [time, id] = decodeCursor(cursor, scopeOf(search), timePosition)
  const comparison = order === 'oldest' ? Prisma.sql`>` : Prisma.sql`<`
  return Prisma.sql`AND (p."createdAt", p."id") ${comparison} (${time}::timestamptz, ${id}::uuid)`
}
