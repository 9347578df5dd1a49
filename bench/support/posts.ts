import { openConnection } from '../../server/core/database/connection.js'

// Every post holds them.
const commonWords = 'alpha bravo charlie delta echo foxtrot golf hotel india juliet kilo lima mike oscar papa romeo'

/** Creates users and posts over 90 days, a fifth of them drafts, and updates the statistics of PostgreSQL. */
export async function fillPosts(databaseUrl: string, { users, posts }: { users: number; posts: number }) {
  const client = await openConnection(databaseUrl)
  await client.query(insertUsers, [users])
  await client.query(insertPosts, [posts, commonWords])
  await client.query('VACUUM ANALYZE')
  return client
}

const insertUsers = `
  INSERT INTO "User" ("id", "email", "name", "emailVerifiedAt", "updatedAt")
  SELECT gen_random_uuid(), 'writer-' || n || '@example.com', 'Writer ' || n, now(), now() FROM generate_series(1, $1::int) n`

const insertPosts = `
  INSERT INTO "Post" ("id", "authorId", "title", "body", "status", "publishedAt", "createdAt", "updatedAt")
  SELECT gen_random_uuid(), w.ids[1 + n % array_length(w.ids, 1)], 'Post ' || n || ' on topic' || n % 500,
    repeat('A garden has words of many kinds. ', 8) || $2 || ' ' || CASE WHEN n % 2 = 0 THEN 'even' ELSE 'odd' END
      || CASE WHEN n % 1000 > 499 THEN ' upper ' ELSE ' lower ' END || 'word' || n % 997,
    (CASE WHEN n % 5 = 0 THEN 'draft' ELSE 'published' END)::"PostStatus",
    CASE WHEN n % 5 = 0 THEN NULL ELSE now() - n * interval '77 seconds' END,
    now() - n * interval '77 seconds', now()
  FROM generate_series(1, $1::int) n, (SELECT array_agg("id") AS ids FROM "User") w`
