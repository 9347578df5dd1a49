import { Prisma } from '../../generated/client.js'

/**
 * The CTE `words` of one row: the query `q` as PostgreSQL reads it, and two weaker ones of the same words, NULL where no
 * word has to be there. The index answers `allOf`, which is without phrases and without what is left out, and never has
 * to look at a post. `anyOf` ranks a post in time linear to its length. A planner that cannot see what they hold makes
 * one plan for all.
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

// A quoted phrase; or three and more minus signs where a word could begin, with what PostgreSQL skips there.
const phraseOrSigns = /"[^"]*"?|(?<![^\s!&|<()"])(?:-[\s!&|<()]*){3,}/gu

/**
 * Reduces the minus signs in front of a word or phrase to one or two that mean the same: `- ---word` is `--word`, which
 * is `word`. PostgreSQL's `websearch_to_tsquery` puts each on a stack and fails if there are more than 32.
 */
export function reduceSigns(q: string): string {
  return q.replace(phraseOrSigns, (found) => {
    if (found.startsWith('"')) return found
    return found.split('-').length % 2 === 0 ? '-' : '--'
  })
}
