/*
 * The data that the clients of the faults write and read. Only this file depends on the application's procedures and
 * tables: if you remove a resource, remove its lines here.
 */

/** The resource that is created with new keys, and the query of the keys in the database. */
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

/** Counts transactions of which only a part exists. */
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

/** A table with many writes, and one that all requests need. */
export const tables = { written: '"Post"', needed: '"User"' }

/** Changes that PostgreSQL makes immediately, after which prepared statements return another type. */
export const columnChanges = [
  'ALTER TABLE "Session" ALTER "userAgent" TYPE varchar(500)',
  'ALTER TABLE "Post" ALTER "updatedAt" TYPE timestamptz(6)',
  'ALTER TABLE "User" ALTER "name" TYPE varchar(500)',
  'ALTER TABLE "RateLimit" ALTER "key" TYPE varchar(500)',
  'ALTER TABLE "OutboxMail" ALTER "template" TYPE varchar(500)',
]
