import type { Database } from '../../core/database/client.js'
import { includingDeleted } from '../../core/database/soft-delete.js'

const pageSize = 50

/** Makes the reader of all posts that a user wrote, removed ones included, for the export of their data. */
export function readOwnPosts(db: Database) {
  return async function* (authorId: string): AsyncGenerator<Record<string, unknown>[]> {
    let after: string | undefined
    for (;;) {
      const posts = await db.post.findMany({
        where: { AND: [includingDeleted], authorId },
        omit: { authorId: true, updatedAt: true },
        orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
        take: pageSize,
        ...(after !== undefined && { cursor: { id: after }, skip: 1 }),
      })
      after = posts.at(-1)?.id
      if (after === undefined) return
      yield posts.map(({ deletedAt: removedAt, ...post }) => ({ ...post, removedAt }))
    }
  }
}
