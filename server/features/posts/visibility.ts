import type { Actor } from '../../core/actor.js'
import type { Db } from '../../core/database/client.js'
import { living } from '../../core/database/prepared-reads.js'
import { expectFound } from '../../core/rows/row.js'
import { Prisma } from '../../generated/client.js'
import type { ListPosts, Post } from './schema.js'

/** The columns that clients see; no others are read. */
export const postColumns = {
  id: true,
  title: true,
  body: true,
  status: true,
  publishedAt: true,
  author: { select: { id: true, name: true } },
  createdAt: true,
  updatedAt: true,
  version: true,
} as const satisfies Prisma.PostSelect

const ownColumns = Object.keys(postColumns).filter((column) => column !== 'author')

/** The same columns in SQL, of a post `p` and its author `u`. */
export const postColumnsInSql = Prisma.sql`${Prisma.raw(ownColumns.map(inSql).join(', '))},
  json_build_object('id', u."id", 'name', u."name") AS "author"`

// The driver returns a bigint as text, and the column may become one later.
function inSql(column: string): string {
  return column === 'version' ? 'p."version"::int' : `p."${column}"`
}

/**
 * The posts that an actor may see: published ones, own drafts, and all for admins. The role is checked here, not at the
 * procedure, because it determines not who may call but which rows are returned.
 *
 * @public for resources that belong to a post
 */
export function visiblePosts(actor: Actor | null): Prisma.PostWhereInput {
  if (actor?.role === 'admin') return hasAuthor
  return { ...hasAuthor, OR: [{ status: 'published' }, ...(actor ? [{ authorId: actor.userId }] : [])] }
}

/** @throws NotFoundError */
export async function readPost(db: Db, actor: Actor | null, { id }: { id: string }): Promise<Post> {
  const where = { ...visiblePosts(actor), id }
  return expectFound('Post', db.post.findFirst({ where, select: postColumns, relationLoadStrategy: 'join' }))
}

/** The posts that someone may change: their own, and for admins all. */
export function changeablePosts(actor: Actor): Prisma.PostWhereInput {
  return actor.reach === 'all' ? hasAuthor : { ...hasAuthor, authorId: actor.userId }
}

// The posts of a deleted user come back when the user does.
const hasAuthor = { author: { deletedAt: null } } satisfies Prisma.PostWhereInput

/** An actor; its id and those of the filters may also be parameters of a prepared read. */
type Viewer = { role: Actor['role']; userId: unknown } | null

interface KindFilters {
  status?: ListPosts['status']
  authorId?: unknown
}

/**
 * The same condition for lists, in SQL: conditions on posts with the alias `p`, of which no post matches two. Each is a
 * range of an index, so that a list never reads posts that it does not show, such as the drafts of others, whose number
 * is not limited.
 *
 * @param filters of the list
 */
export function visibleKinds(actor: Viewer, { status, authorId }: KindFilters): Prisma.Sql[] {
  const statuses = status ? [status] : (['published', 'draft'] as const)
  const kinds = statuses.flatMap((status) => {
    const isOfStatus = Prisma.sql`${hasStatus[status]} AND ${isOfAuthor(authorId)}`
    if (status === 'published' || actor?.role === 'admin') return [isOfStatus]
    return actor ? [Prisma.sql`${isOfStatus} AND p."authorId" = ${actor.userId}::uuid`] : []
  })
  return kinds.length > 0 ? kinds : [Prisma.sql`false`]
}

const hasStatus = {
  published: Prisma.sql`p."status" = 'published'::"PostStatus"`,
  draft: Prisma.sql`p."status" = 'draft'::"PostStatus"`,
}

// Whether the author was removed is checked once, before any post is read.
function isOfAuthor(authorId: unknown): Prisma.Sql {
  if (authorId === undefined) return Prisma.sql`true`
  return Prisma.sql`p."authorId" = ${authorId}::uuid
    AND (SELECT true FROM ${living('User')} a WHERE a."id" = ${authorId}::uuid)`
}
