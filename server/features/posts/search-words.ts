import { Prisma } from '../../generated/client.js'

/**
 * The CTE `words` of one row: the query `q` as PostgreSQL parses it, and two weaker queries of the same words, NULL if
 * no word is required. `allOf`, without phrases and excluded words, can be answered by the index alone. `anyOf` ranks a
 * post in time linear to its length. Because the planner does not see the values, one plan serves all queries.
 */
export function wordsOf(q: string): Prisma.Sql {
  return Prisma.sql`words AS MATERIALIZED (
    SELECT t."query",
      regexp_replace(t."tree", ' <(-|\\d+)> ', ' & ', 'g')::tsquery AS "allOf",
      regexp_replace(t."tree", ' (&|<(-|\\d+)>) ', ' | ', 'g')::tsquery AS "anyOf"
    FROM (
      SELECT q AS "query", CASE WHEN querytree(q) NOT IN ('', 'T') THEN querytree(q) END AS "tree"
      FROM websearch_to_tsquery('english', ${reduceSigns(q)}) q) t)`
}

// A quoted phrase; or three and more minus signs at the start of a word, with the characters that PostgreSQL skips
// there.
const phraseOrSigns = /"[^"]*"?|(?<![^\s!&|<()"])(?:-[\s!&|<()]*){3,}/gu

/**
 * Reduces the minus signs before a word or phrase to one or two with the same meaning: `- ---word` is `--word`, which
 * is `word`. PostgreSQL's `websearch_to_tsquery` puts each on a stack and fails if there are more than 32.
 */
export function reduceSigns(q: string): string {
  return q.replace(phraseOrSigns, (found) => {
    if (found.startsWith('"')) return found
    return found.split('-').length % 2 === 0 ? '-' : '--'
  })
}
