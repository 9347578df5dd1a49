import { z } from 'zod'
import type { Actor } from '../../context.js'
import type { Db } from '../../database/client.js'
import type { Prisma } from '../../database/generated/client.js'
import { idSchema } from '../fields/schema.js'
import { type CursorScope, cutPage, decodeCursor, encodeCursor, positionTime } from '../pages/cursor.js'
import type { ListPosts, Post } from './schema.js'
import { postSelect } from './select.js'
import { visiblePosts } from './visibility.js'

/** Reads a page of posts by time. */
export async function listPosts(db: Db, actor: Actor | null, input: ListPosts) {
  const { limit, authorId, status, cursor } = input
  const { sort, ...bounds } = input.order === 'oldest' ? oldestFirst : newestFirst
  const scope = scopeOf(input)
  const posts: Post[] = await db.post.findMany({
    where: {
      AND: [
        visiblePosts(actor, status),
        authorId === undefined ? {} : { authorId },
        cursor === undefined ? {} : beyond(decodeCursor(cursor, scope, timePosition), bounds),
      ],
    },
    orderBy: [{ createdAt: sort }, { id: sort }],
    take: limit + 1,
    select: postSelect,
    relationLoadStrategy: 'join',
  })
  return cutPage(posts, limit, (last) => encodeCursor(scope, timePositionOf(last)))
}

/** What a cursor of a list of posts is bound to. */
export function scopeOf({ order, authorId, status, q }: ListPosts): CursorScope {
  return ['posts', order, authorId, status, q]
}

/** Where a page that is ordered by time ends: time and id of its last post. */
export const timePosition = z.tuple([positionTime, idSchema])

/** Finds the place of a post in an order by time. */
export function timePositionOf({ createdAt, id }: Pick<Post, 'createdAt' | 'id'>): z.output<typeof timePosition> {
  return [createdAt.toISOString(), id]
}

const newestFirst = { sort: 'desc', from: 'lte', past: 'lt' } as const
const oldestFirst = { sort: 'asc', from: 'gte', past: 'gt' } as const

// The bound on createdAt alone is what an index starts at; the rest only drops those of that very millisecond.
function beyond(
  [time, id]: z.output<typeof timePosition>,
  { from, past }: { from: 'lte' | 'gte'; past: 'lt' | 'gt' },
): Prisma.PostWhereInput {
  const createdAt = new Date(time)
  return { createdAt: { [from]: createdAt }, OR: [{ createdAt: { [past]: createdAt } }, { id: { [past]: id } }] }
}
