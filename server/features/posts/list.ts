import type { Actor } from '../../core/actor.js'
import type { Db } from '../../core/database/client.js'
import {
  type CursorScope,
  cutPage,
  decodeCursor,
  encodeCursor,
  timePosition,
  timePositionOf,
} from '../../core/pagination/cursor.js'
import { Prisma } from '../../generated/client.js'
import type { ListPosts } from './schema.js'
import { visibleKinds } from './visibility.js'
import { comesAfter, firstPosts, readPage, timeOrders } from './walk.js'

/**
 * Reads a page of posts by time.
 *
 * @throws BadRequestError for a broken cursor
 */
export async function listPosts(db: Db, actor: Actor | null, input: ListPosts) {
  const { limit, cursor } = input
  const scope = scopeOf(input)
  const order = input.order === 'oldest' ? 'oldest' : 'newest'
  const place = cursor === undefined ? undefined : decodeCursor(cursor, scope, timePosition)
  const kinds = visibleKinds(actor, input)
  const bounds = Prisma.sql`${comesAfter(place, order)} AND ${hasAuthor}`
  const next = firstPosts({ kinds, bounds, order, limit: limit + 1 })
  const posts = Prisma.sql`(SELECT p.*, 0 AS "rank" FROM ${next} p)`
  const rows = await readPage(db, { posts, order: timeOrders[order], limit })
  return cutPage(rows, limit, (last) => encodeCursor(scope, timePositionOf(last)))
}

// As a join, which remembers what it has found of an author.
const hasAuthor = Prisma.sql`EXISTS (SELECT FROM "User" a WHERE a."id" = p."authorId" AND a."deletedAt" IS NULL)`

/** What a cursor of a list of posts is bound to. */
export function scopeOf({ order, authorId, status, q }: ListPosts): CursorScope {
  return ['posts', order, authorId, status, q]
}
