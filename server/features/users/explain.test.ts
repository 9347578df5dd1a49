import { expect, test } from 'vitest'
import { openExplainedDatabase } from '../../testing/explain.js'
import { listUsers } from './list.js'
import { listUsersSchema } from './schema.js'

const { db, run, faultsOf } = await openExplainedDatabase()
await run(`
  INSERT INTO "User" ("id", "email", "name", "role", "disabledAt", "createdAt", "updatedAt")
  SELECT gen_random_uuid(), 'user' || i || '@example.com', 'User ' || i,
    (CASE WHEN i % 400 = 0 THEN 'admin' ELSE 'user' END)::"Role", CASE WHEN i % 100 = 1 THEN now() END,
    now() - i * interval '1 minute', now()
  FROM generate_series(1, 2000) i`)
await run('VACUUM ANALYZE')

test.each([
  {},
  { sort: 'name' },
  { sort: 'email', order: 'desc' },
  { role: 'admin' },
  { status: 'disabled' },
  { q: 'user 17' },
])('lists users of %o from an index', async (filters) => {
  const input = listUsersSchema.parse(filters)
  expect(await faultsOf(() => listUsers(db, input), 'User')).toEqual([])
})
