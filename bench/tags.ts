import type pg from 'pg'
import { openConnection } from '../server/core/database/connection.js'
import { report } from './support/report.js'
import { startDatabase } from './support/settings.js'

const articles = 100_000
const tagsEach = 3
const pageSize = 20
const newest = `ORDER BY a."createdAt" DESC, a."id" DESC LIMIT ${pageSize + 1}`

/** How many articles have a tag. */
const tags = [
  { tag: 'of half of the articles', modulus: 2 },
  { tag: 'of 1 in 50', modulus: 50 },
  { tag: 'of 1 in 1,000', modulus: 1_000 },
]

const byArray = `SELECT * FROM "ArrayArticle" a WHERE a."deletedAt" IS NULL AND a."tags" @> ARRAY[$1::text] ${newest}`

// The tags of each article of the page are read too, as the array has them.
const byPairs = `SELECT a.*, (SELECT array_agg(p."tag") FROM "Pair" p WHERE p."articleId" = a."id") FROM "PairArticle" a
    WHERE a."deletedAt" IS NULL AND a."id" IN (SELECT p."articleId" FROM "Pair" p WHERE p."tag" = $1) ${newest}`

/**
 * The newest page of a tag, as `docs/guides/beyond-one-table.md` lists it: with the tags in an array that has a GIN index,
 * and with a table of pairs. Blocks of 8 KiB that PostgreSQL reads, and the size of what it keeps.
 */
const postgres = await startDatabase()
const client = await openConnection(postgres.url)
try {
  await fill(client)
  const rows = []
  for (const { tag, modulus } of tags) {
    const name = `tag-${modulus}`
    rows.push({
      'a page of a tag': tag,
      array: await blocksOf(byArray, name),
      'table of pairs': await blocksOf(byPairs, name),
    })
  }
  report(
    `Blocks read for a page of ${pageSize} of ${articles.toLocaleString('en')} articles with ${tagsEach} tags`,
    rows,
  )
  report('Size, MiB', [
    {
      kept: 'tags and their indexes',
      array: await sizeOf('"ArrayArticle_tags_idx"'),
      'table of pairs': await sizeOf('"Pair"'),
    },
  ])
} finally {
  await client.end()
  await postgres.stop()
}

async function blocksOf(query: string, tag: string): Promise<number> {
  const { rows } = await client.query(`EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${query}`, [tag])
  const { Plan } = rows[0]['QUERY PLAN'][0]
  return Plan['Shared Hit Blocks'] + Plan['Shared Read Blocks']
}

async function sizeOf(relation: string): Promise<number> {
  const { rows } = await client.query('SELECT pg_total_relation_size($1::regclass) AS "bytes"', [relation])
  return Math.round(Number(rows[0].bytes) / 1024 ** 2)
}

async function fill(to: pg.Client): Promise<void> {
  const columns = `"id" uuid PRIMARY KEY, "title" text NOT NULL, "body" text NOT NULL, "createdAt" timestamptz(3) NOT NULL, "deletedAt" timestamptz(3)`
  await to.query(`CREATE TABLE "ArrayArticle" (${columns}, "tags" text[] NOT NULL)`)
  await to.query(`CREATE TABLE "PairArticle" (${columns})`)
  await to.query('CREATE TABLE "Pair" ("id" uuid PRIMARY KEY, "articleId" uuid NOT NULL, "tag" text NOT NULL)')
  await to.query(
    `INSERT INTO "ArrayArticle"
     SELECT gen_random_uuid(), 'Article ' || n, repeat('A garden has words of many kinds. ', 20), now() - n * interval '77 seconds', NULL,
       ARRAY['tag-' || CASE WHEN n % 2 = 0 THEN '2' ELSE 'odd' END, CASE WHEN n % 50 = 0 THEN 'tag-50' ELSE 'r' || n % 50 END,
         CASE WHEN n % 1000 = 0 THEN 'tag-1000' ELSE 's' || n % 1000 END]
     FROM generate_series(1, $1::int) n`,
    [articles],
  )
  await to.query('INSERT INTO "PairArticle" SELECT "id", "title", "body", "createdAt", "deletedAt" FROM "ArrayArticle"')
  await to.query('INSERT INTO "Pair" SELECT gen_random_uuid(), "id", unnest("tags") FROM "ArrayArticle"')
  for (const table of ['ArrayArticle', 'PairArticle']) {
    await to.query(`CREATE INDEX ON "${table}" ("createdAt", "id") WHERE "deletedAt" IS NULL`)
  }
  await to.query('CREATE INDEX "ArrayArticle_tags_idx" ON "ArrayArticle" USING gin ("tags")')
  await to.query('CREATE UNIQUE INDEX ON "Pair" ("articleId", "tag")')
  await to.query('CREATE INDEX ON "Pair" ("tag", "articleId")')
  await to.query('VACUUM ANALYZE')
}
