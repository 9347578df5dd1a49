import type { Actor } from '../../core/actor.js'
import type { Clock } from '../../core/clock.js'
import type { Database, Db, Transaction } from '../../core/database/client.js'
import { NotFoundError } from '../../core/errors.js'
import { newestFirst, olderThan, readTimePage } from '../../core/pagination/cursor.js'
import { isUnchanged, lockRow } from '../../core/rows/locked-row.js'
import type { Prisma } from '../../generated/client.js'
import { visiblePosts } from '../posts/visibility.js'
import type { CommentVersion, CreateComment, ListComments, UpdateComment } from './schema.js'

/** Comments on posts. Whoever sees the post sees them; authors change their own, and admins restore deleted ones. */
export function createCommentsService({ db, clock }: { db: Database; clock: Clock }) {
  return {
    async list(actor: Actor | null, { postId, limit, cursor }: ListComments) {
      await expectPost(db, actor, postId)
      return readTimePage({ scope: ['comments', postId], limit, cursor }, (place) =>
        db.comment.findMany({
          where: { ...visibleComments(actor), postId, ...olderThan(place) },
          select: commentColumns,
          orderBy: newestFirst,
          take: limit + 1,
        }),
      )
    },

    get: (actor: Actor | null, { id }: { id: string }) => readComment(db, actor, id),

    async create(actor: Actor, { postId, body }: CreateComment) {
      await expectPost(db, actor, postId)
      return db.comment.create({ data: { postId, authorId: actor.userId, body }, select: commentColumns })
    },

    update: (actor: Actor, { id, version, ...changes }: UpdateComment) =>
      db.$transaction(async (tx) => {
        const comment = await lockOwn(tx, actor, { id, version })
        const { body = comment.body } = changes
        if (isUnchanged(comment, { body })) return readComment(tx, actor, id)
        const data = { body, version: { increment: 1 } }
        return tx.comment.update({ where: { id }, data, select: commentColumns })
      }),

    remove: (actor: Actor, { id, version }: CommentVersion) =>
      db.$transaction(async (tx) => {
        await lockOwn(tx, actor, { id, version })
        await tx.comment.updateMany({ where: { id }, data: { deletedAt: clock.now(), version: { increment: 1 } } })
      }),

    restore: (actor: Actor, { id, version }: CommentVersion) =>
      db.$transaction(async (tx) => {
        const where = { ...visibleComments(actor), id, deletedAt: { not: null } }
        await lockRow(tx, 'Comment', { id, version }, () => tx.comment.findFirst({ where }))
        await tx.comment.updateMany({ where, data: { deletedAt: null, version: { increment: 1 } } })
        return readComment(tx, actor, id)
      }),
  }
}

const commentColumns = {
  id: true,
  postId: true,
  body: true,
  author: { select: { id: true, name: true } },
  createdAt: true,
  updatedAt: true,
  version: true,
} as const satisfies Prisma.CommentSelect

/** The comments that an actor may see, for every read and count: those of living authors on posts that it may see. */
export function visibleComments(actor: Actor | null) {
  const post = { ...visiblePosts(actor), deletedAt: null }
  return { author: { deletedAt: null }, post } satisfies Prisma.CommentWhereInput
}

function lockOwn(tx: Transaction, actor: Actor, comment: CommentVersion) {
  const where = { ...visibleComments(actor), authorId: actor.userId, id: comment.id }
  return lockRow(tx, 'Comment', comment, () => tx.comment.findFirst({ where }))
}

async function readComment(db: Db, actor: Actor | null, id: string) {
  const comment = await db.comment.findFirst({ where: { ...visibleComments(actor), id }, select: commentColumns })
  if (!comment) throw new NotFoundError({ resource: 'Comment' })
  return comment
}

async function expectPost(db: Db, actor: Actor | null, id: string): Promise<void> {
  const post = await db.post.findFirst({ where: { ...visiblePosts(actor), id }, select: { id: true } })
  if (!post) throw new NotFoundError({ resource: 'Post' })
}
