/*
 * What the clients of the faults write and read. These tables are all that the benchmark knows of this application's
 * procedures and tables; whoever removes a resource removes its lines here.
 */

/** What is created under a key that is used once, and the keys that the database has in the end. */
export const creations = {
  post: {
    path: '/api/posts',
    body: (key: string) => ({ title: key, body: `The body of ${key}.`, status: 'published' }),
    keys: `SELECT "title" AS "key" FROM "Post" WHERE "title" LIKE 'ledger-%'`,
  },
  invitation: {
    path: '/api/users',
    body: (key: string) => ({ email: `${key}@example.com`, name: key }),
    keys: `SELECT "name" AS "key" FROM "User" WHERE "name" LIKE 'ledger-%'`,
  },
} as const

/** Counts what was done by halves: transactions of which one part is there and another is not. */
export const halves = [
  `SELECT count(*) FROM "User" u FULL JOIN "OutboxMail" m ON m."to" = u."email" AND m."template" = 'invitation'
   WHERE (u."name" LIKE 'ledger-%' OR m."to" LIKE 'ledger-%') AND (u."id" IS NULL OR m."id" IS NULL)`,
  `SELECT count(*) FROM "User" u LEFT JOIN "AuditEvent" a ON a."userId" = u."id"
   WHERE u."name" LIKE 'ledger-%' AND a."id" IS NULL`,
]

export const reads: Readonly<Record<string, string>> = {
  me: '/api/users/me',
  list: '/api/posts?limit=20',
  sessions: '/api/sessions',
  search: '/api/posts?q=ledger',
}

/** A table that many write to, and one that all need. */
export const tables = { written: '"Post"', needed: '"User"' }

/** Changes that PostgreSQL makes at once, and after which a statement that was prepared before gives another type. */
export const columnChanges = [
  'ALTER TABLE "Session" ALTER "userAgent" TYPE varchar(500)',
  'ALTER TABLE "Post" ALTER "publishedAt" TYPE timestamptz(6)',
  'ALTER TABLE "User" ALTER "name" TYPE varchar(500)',
  'ALTER TABLE "RateLimit" ALTER "key" TYPE varchar(500)',
  'ALTER TABLE "OutboxMail" ALTER "template" TYPE varchar(500)',
]
