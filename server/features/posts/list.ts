import type { Actor } from '../../core/actor.js'
import type { Database, Db } from '../../core/database/client.js'
import { includingDeleted } from '../../core/database/soft-delete.js'
import { type CursorScope, newestFirst, readTimePage, type TimePosition } from '../../core/pagination/cursor.js'
import { Prisma } from '../../generated/client.js'
import { comesAfter, firstPosts, listedAt, readPage, timeOrders } from './page-query.js'
import type { ListPosts } from './schema.js'
import { visibleKinds } from './visibility.js'

/**
 * Reads a page of posts by time.
 *
 * @throws BadRequestError for an invalid cursor
 */
export async function listPosts(db: Db, actor: Actor | null, input: ListPosts) {
  const { limit, cursor } = input
  const order = input.order === 'oldest' ? 'oldest' : 'newest'
  const kinds = visibleKinds(actor, input)
  const read = ({ place }: { place: TimePosition | undefined }) => {
    const bounds = Prisma.sql`${comesAfter(place, order)} AND ${hasAuthor}`
    const next = firstPosts({ kinds, bounds, order, limit: limit + 1 })
    const posts = Prisma.sql`(SELECT p.*, 0 AS "rank" FROM ${next} p)`
    return readPage(db, { posts, order: timeOrders[order], limit })
  }
  return readTimePage({ scope: scopeOf(input), limit, cursor }, read, listedAt)
}

// A join, because PostgreSQL caches the authors that it has already read.
const hasAuthor = Prisma.sql`EXISTS (SELECT FROM "User" a WHERE a."id" = p."authorId" AND a."deletedAt" IS NULL)`

/** The filters and the order for which a cursor is valid. */
export function scopeOf({ order, authorId, status, q }: ListPosts): CursorScope {
  return ['posts', order, authorId, status, q]
}

const exportPageSize = 50

/** Creates the reader of all posts of a user, including removed ones, for the export of their data. */
export function readOwnPosts(db: Database) {
  return async function* (authorId: string): AsyncGenerator<Record<string, unknown>[]> {
    let after: string | undefined
    for (;;) {
      const posts = await db.post.findMany({
        where: { AND: [includingDeleted], authorId },
        omit: { authorId: true, updatedAt: true },
        orderBy: newestFirst,
        take: exportPageSize,
        ...(after !== undefined && { cursor: { id: after }, skip: 1 }),
      })
      after = posts.at(-1)?.id
      if (after === undefined) return
      yield posts.map(({ deletedAt: removedAt, ...post }) => ({ ...post, removedAt }))
    }
  }
}
