import { z } from 'zod'
import type { Actor } from '../../core/actor.js'
import type { Db } from '../../core/database/client.js'
import { idSchema } from '../../core/fields/schema.js'
import {
  cutPage,
  decodeCursor,
  encodeCursor,
  positionTime,
  timePosition,
  timePositionOf,
} from '../../core/pagination/cursor.js'
import { Prisma } from '../../generated/client.js'
import { scopeOf } from './list.js'
import { comesAfter, listedAt, pageQuery, type Ranked, standsAt, type TimeOrder, timeOrders } from './page-query.js'
import type { ListPosts, Post } from './schema.js'
import { candidatePosts, findCandidates } from './search-candidates.js'
import { wordsOf } from './search-words.js'
import { visibleKinds } from './visibility.js'

type SearchPosts = ListPosts & { q: string }

/**
 * Reads a page of the posts that match `q`, which has the syntax of web searches: quotes for a phrase, `or`, `-` before
 * an excluded word. A query without any searchable word finds nothing.
 *
 * @throws BadRequestError for an invalid cursor
 */
export async function searchPosts(db: Db, actor: Actor | null, input: SearchPosts) {
  const { q, limit, order } = input
  const scope = scopeOf(input)
  const search = { q, kinds: visibleKinds(actor, input), order: order === 'oldest' ? 'oldest' : 'newest' } as const
  const start = order === 'relevance' ? startByRelevance(input) : startByTime(input, search.order)
  const candidates = await findCandidates(db, search, start.bounds)
  if (!candidates) return cutPage<Post>([], limit, String)
  const posts = start.matchesIn(candidatePosts(candidates, search))
  const query = pageQuery({ ctes: wordsOf(q), posts, order: start.order, limit: limit + 1 })
  const rows = await db.$queryRaw<Ranked[]>(query)
  const cursorOf = (last: Ranked) =>
    encodeCursor(
      scope,
      order === 'relevance' ? [...candidates.first, last.rank, last.id] : timePositionOf(last, listedAt(last)),
    )
  return cutPage(rows, limit, cursorOf, candidates.last && encodeCursor(scope, candidates.last))
}

const isMatch = Prisma.sql`p."searchVector" @@ (SELECT "query" FROM words)`

function startByTime(input: SearchPosts, order: TimeOrder) {
  return {
    bounds: comesAfter(decodeCursor(input.cursor, scopeOf(input), timePosition), order),
    order: timeOrders[order],
    matchesIn: (posts: Prisma.Sql) => Prisma.sql`(SELECT p.*, 0 AS "rank" FROM ${posts} p WHERE ${isMatch})`,
  }
}

function startByRelevance(input: SearchPosts) {
  const order = Prisma.sql`"rank" DESC, "id" DESC`
  const { bounds, isBehind } = rankedPlaceOf(input)
  return {
    bounds,
    order,
    // They are sorted before their authors are joined.
    matchesIn: (posts: Prisma.Sql) => Prisma.sql`(
      SELECT p.*, ${rank} AS "rank" FROM ${posts} p WHERE ${isMatch} AND ${isBehind} ORDER BY ${order})`,
  }
}

// The next page continues by rank among the posts that the previous page read, or after them. Newer posts cannot move
// this limit.
function rankedPlaceOf(input: SearchPosts): { bounds: Prisma.Sql; isBehind: Prisma.Sql } {
  const all = Prisma.sql`true`
  const position = decodeCursor(input.cursor, scopeOf(input), z.union([timePosition, rankPosition]))
  if (!position) return { bounds: all, isBehind: all }
  if (position.length === 2) return { bounds: standsAt('<', position), isBehind: all }
  const [time, first, value, id] = position
  const isBehind = Prisma.sql`(${rank}, p."id") < (${value}::real, ${id}::uuid)`
  return { bounds: standsAt('<=', [time, first]), isBehind }
}

const rank = Prisma.sql`coalesce(ts_rank(p."searchVector", (SELECT "anyOf" FROM words)), 0)`

/** The end of a page by relevance: the first post that it read, then rank and id of its last. */
const rankPosition = z.tuple([positionTime, idSchema, z.number().refine(fitsReal), idSchema])

// PostgreSQL rejects a number that does not fit into a `real`.
function fitsReal(rank: number): boolean {
  const real = Math.fround(rank)
  return Number.isFinite(real) && (real !== 0 || rank === 0)
}
