// What a team would write by hand: Fastify, and one prepared statement for each route. Nothing else.
import Fastify from 'fastify'
import pg from 'pg'

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 10 })
const app = Fastify()

const columns = `p."id", p."title", p."body", p."status", p."publishedAt",
  json_build_object('id', u."id", 'name', u."name") AS "author", p."createdAt", p."updatedAt", p."version"`
const from = `FROM "Post" p JOIN "User" u ON u."id" = p."authorId" AND u."deletedAt" IS NULL`

const statements = {
  post: `SELECT ${columns} ${from} WHERE p."id" = $1 AND p."deletedAt" IS NULL AND p."status" = 'published'`,
  page: `SELECT ${columns} ${from} WHERE p."deletedAt" IS NULL AND p."status" = 'published'
    ORDER BY p."listedAt" DESC, p."id" DESC LIMIT 21`,
  create: `INSERT INTO "Post" ("id", "authorId", "title", "body", "status", "updatedAt")
    VALUES (gen_random_uuid(), $1, $2, $3, 'draft', now())
    RETURNING "id", "title", "body", "status", "publishedAt", "createdAt", "updatedAt", "version"`,
}

const run = async (name, values) => (await pool.query({ name, text: statements[name], values })).rows

app.get('/empty', async () => ({ data: null }))
app.get('/posts/:id', async (request) => ({ data: (await run('post', [request.params.id]))[0] }))
app.get('/posts', async () => ({ data: await run('page', []) }))
app.post('/posts', async ({ body: { authorId, title, body } }, reply) => {
  reply.code(201)
  return { data: (await run('create', [authorId, title, body]))[0] }
})

process.send?.({ url: await app.listen({ host: '127.0.0.1', port: 0 }) })
