import type { Actor } from '../../core/actor.js'
import type { Database } from '../../core/database/client.js'
import { living, preparedRead, variants } from '../../core/database/prepared-reads.js'
import { type CursorScope, readTimePage, type TimePosition } from '../../core/pagination/cursor.js'
import { expectFound } from '../../core/rows/row.js'
import { Prisma } from '../../generated/client.js'
import { comesAfter, firstPosts, listedAt, pageQuery, timeOrders } from './page-query.js'
import { type ListPosts, type Post, postSchema } from './schema.js'
import { postColumnsInSql, visibleKinds } from './visibility.js'

// These two reads are most of the work of a server with posts, and a profile says that Prisma was most of their cost:
// for one post 178 µs of this process, where the prepared statement takes 41 (docs/decisions/041).

/**
 * Reads a post that the actor may see.
 *
 * @throws NotFoundError
 */
export async function getPost(db: Database, actor: Actor | null, { id }: { id: string }): Promise<Post> {
  const [post] = await db.$rows(postById({ viewer: viewerOf(actor) }), { id, userId: actor?.userId })
  return expectFound('Post', post ?? null)
}

const postById = variants(({ viewer }: { viewer: Viewer }) =>
  preparedRead(postSchema, ['id', 'userId'], ({ id, userId }) => {
    const isPublished = Prisma.sql`p."status" = 'published'`
    const isVisible = {
      anonymous: isPublished,
      user: Prisma.sql`(${isPublished} OR p."authorId" = ${userId}::uuid)`,
      admin: Prisma.sql`true`,
    }[viewer]
    return Prisma.sql`SELECT ${postColumnsInSql}
      FROM ${living('Post')} p JOIN ${living('User')} u ON u."id" = p."authorId"
      WHERE p."id" = ${id}::uuid AND ${isVisible}`
  }),
)

type Viewer = 'anonymous' | 'user' | 'admin'

function viewerOf(actor: Actor | null): Viewer {
  if (!actor) return 'anonymous'
  return actor.role === 'admin' ? 'admin' : 'user'
}

/**
 * Reads a page of posts by time.
 *
 * @throws BadRequestError for an invalid cursor
 */
export async function listPosts(db: Database, actor: Actor | null, input: ListPosts) {
  const { limit, cursor, status, authorId } = input
  const order = input.order === 'oldest' ? 'oldest' : 'newest'
  const variant = { viewer: viewerOf(actor), order, status, isOfAuthor: authorId !== undefined } as const
  const read = ({ place }: { place: TimePosition | undefined }) => {
    const [time, id] = place ?? []
    const values = { userId: actor?.userId, authorId, time, id, limit: limit + 1 }
    return db.$rows(postsByTime({ ...variant, isFirst: place === undefined }), values)
  }
  return readTimePage({ scope: scopeOf(input), limit, cursor }, read, listedAt)
}

interface ListVariant {
  viewer: Viewer
  order: 'newest' | 'oldest'
  status: ListPosts['status']
  isOfAuthor: boolean
  isFirst: boolean
}

const postsByTime = variants(({ viewer, order, status, isOfAuthor, isFirst }: ListVariant) =>
  preparedRead(postSchema, ['userId', 'authorId', 'time', 'id', 'limit'], ({ userId, authorId, time, id, limit }) => {
    const actor = viewer === 'anonymous' ? null : { role: viewer, userId }
    const kinds = visibleKinds(actor, { status, ...(isOfAuthor && { authorId }) })
    const bounds = Prisma.sql`${comesAfter(isFirst ? undefined : [time, id], order)} AND ${hasAuthor}`
    const next = firstPosts({ kinds, bounds, order, limit })
    return pageQuery({ posts: Prisma.sql`(SELECT p.*, 0 AS "rank" FROM ${next} p)`, order: timeOrders[order], limit })
  }),
)

// A join, because PostgreSQL caches the authors that it has already read.
const hasAuthor = Prisma.sql`EXISTS (SELECT FROM ${living('User')} a WHERE a."id" = p."authorId")`

/** The filters and the order for which a cursor is valid. */
export function scopeOf({ order, authorId, status, q }: ListPosts): CursorScope {
  return ['posts', order, authorId, status, q]
}
