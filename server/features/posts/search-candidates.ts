import type { Db } from '../../core/database/client.js'
import { living } from '../../core/database/prepared-reads.js'
import { type TimePosition, timePositionOf } from '../../core/pagination/cursor.js'
import { Prisma } from '../../generated/client.js'
import { firstPosts, literal, standsAt, type TimeOrder, timeOrders } from './page-query.js'
import { wordsOf } from './search-words.js'

/** The words of a search, and the posts that it includes. */
export interface Search {
  /** In the syntax of web searches. */
  q: string
  /** Conditions on posts `p`. No post matches two of them. */
  kinds: readonly Prisma.Sql[]
  order: TimeOrder
}

/** The posts that a page of a search reads. */
export interface Candidates {
  /** Whether they are all matches from the index, or the next posts in the order. */
  isIndexed: boolean
  first: TimePosition
  /** Where the search continues; null if no more posts follow. */
  last: TimePosition | null
}

// The maximum number of posts that a page of a search reads.
const reach = 2_000

// If so many of the next posts match, a page is quickly found among them, and the index would have to read much.
const sampleSize = 100
const commonInSample = 10

// The maximum number of comparisons of the index: the posts with the rarest word, times the nodes of the query.
const comparisonsMax = 50_000

/**
 * Finds the posts that a page of a search reads, so that the cost hardly depends on the query. These are all matches,
 * if the index finds them at a limited cost and they are not too many. Otherwise they are the next posts in the order,
 * whatever they contain, because frequent words are soon found among them.
 *
 * @param bounds where the search continues: a condition on posts `p`
 * @returns null if nothing can be found
 */
export async function findCandidates(
  db: Db,
  { q, kinds, order }: Search,
  bounds: Prisma.Sql,
): Promise<Candidates | null> {
  const next = (limit: number) => firstPosts({ kinds, bounds, order, limit: literal(limit) })
  const places = await db.$queryRaw<{ isIndexed: boolean; listedAt: Date; id: string }[]>`
    WITH ${wordsOf(q)},
      sample AS (SELECT count(*) FROM ${next(sampleSize)} n WHERE n."searchVector" @@ (SELECT "query" FROM words)),
      held AS (SELECT count(*) FROM (${heldPosts}) h),
      plan AS MATERIALIZED (
        SELECT CASE
          WHEN "allOf" IS NULL OR (SELECT "count" FROM sample) >= ${commonInSample} THEN false
          WHEN (${commonWords}) @@ "allOf" THEN false
          ELSE (SELECT "count" FROM held) <= ${reach}
        END AS "isIndexed"
        FROM words WHERE numnode("query") > 0)
    SELECT plan."isIndexed", e."listedAt", e."id" FROM plan CROSS JOIN LATERAL (
      (SELECT 1 AS "part", n."listedAt", n."id" FROM ${next(1)} n)
      UNION ALL
      (SELECT 2, n."listedAt", n."id" FROM ${next(reach + 1)} n WHERE NOT plan."isIndexed" OFFSET ${literal(reach - 1)})
    ) e ORDER BY e."part"`
  const [first, last, behind] = places
  if (!first) return null
  return {
    isIndexed: first.isIndexed,
    first: timePositionOf({ id: first.id, createdAt: first.listedAt }),
    last: last && behind ? timePositionOf({ id: last.id, createdAt: last.listedAt }) : null,
  }
}

/** A subquery of the posts of {@link Candidates}, in the order of the search. It needs the CTE `words`. */
export function candidatePosts({ isIndexed, first, last }: Candidates, { kinds, order }: Search): Prisma.Sql {
  const [from, to] = order === 'oldest' ? (['>=', '<='] as const) : (['<=', '>='] as const)
  const bounds = last ? Prisma.sql`${standsAt(from, first)} AND ${standsAt(to, last)}` : standsAt(from, first)
  // Twice as many, because drafts that are published meanwhile may appear between the ends.
  if (!isIndexed) return firstPosts({ kinds, bounds, order, limit: literal(2 * reach) })
  return Prisma.sql`(
    SELECT p.* FROM (${heldPosts}) p WHERE (${Prisma.join([...kinds], ' OR ')}) AND ${bounds}
    ORDER BY ${timeOrders[order]} LIMIT ${literal(reach)})`
}

const heldPosts = Prisma.sql`
  SELECT p.* FROM ${living('Post')} p
  WHERE p."searchVector" @@ (SELECT "allOf" FROM words) LIMIT ${literal(reach + 1)}`

// The words that are too frequent for this query according to PostgreSQL's statistics, as one text. If it matches,
// posts can match without a rarer word, and the index would have to read that many.
const commonWords = Prisma.sql`
  SELECT array_to_tsvector(coalesce(array_agg(w."word"), '{}'))
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_stats s ON s.schemaname = n.nspname AND s.tablename = c.relname AND s.attname = 'searchVector',
    unnest(s.most_common_elems::text::text[], s.most_common_elem_freqs) w("word", "frequency")
  WHERE c.oid = '"Post"'::regclass AND w."word" IS NOT NULL
    AND w."frequency" * c.reltuples * numnode((SELECT "allOf" FROM words)) > ${comparisonsMax}`
