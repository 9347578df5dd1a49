import type { Actor } from '../../core/actor.js'
import type { Clock } from '../../core/clock.js'
import type { Database, Db, Transaction } from '../../core/database/client.js'
import type { ById, ByIdAndVersion } from '../../core/fields/schema.js'
import { createOnce } from '../../core/idempotency/create-once.js'
import { readTimePage } from '../../core/pagination/cursor.js'
import { changesOf, expectFound, lockRow } from '../../core/rows/row.js'
import type { Prisma } from '../../generated/client.js'
import { visiblePosts } from '../posts/visibility.js'
import { type CreateComment, commentSchema, type ListComments, type UpdateComment } from './schema.js'

/** Comments on posts. Whoever sees the post sees them; authors change their own, and admins restore deleted ones. */
export function createCommentsService({ db, clock }: { db: Database; clock: Clock }) {
  return {
    async list(actor: Actor | null, { postId, limit, cursor }: ListComments) {
      await expectPost(db, actor, postId)
      return readTimePage({ scope: ['comments', postId], limit, cursor }, ({ after, range }) => {
        const where = { AND: [visibleComments(actor), after], postId }
        return db.comment.findMany({ where, select: commentColumns, ...range })
      })
    },

    get: (actor: Actor | null, key: ById) => readComment(db, actor, key),

    async create(actor: Actor, input: CreateComment) {
      await expectPost(db, actor, input.postId)
      const data = { ...input, authorId: actor.userId }
      return createOnce({ db, clock }, actor, { input, output: commentSchema }, (tx) =>
        tx.comment.create({ data, select: commentColumns }),
      )
    },

    update: (actor: Actor, { id, version, ...changes }: UpdateComment) =>
      db.$transaction(async (tx) => {
        const data = changesOf(await lockOwn(tx, actor, { id, version }), changes)
        if (!data) return readComment(tx, actor, { id })
        return tx.comment.update({ where: { id }, data, select: commentColumns })
      }),

    remove: (actor: Actor, key: ByIdAndVersion) =>
      db.$transaction(async (tx) => {
        const { id } = await lockOwn(tx, actor, key)
        await tx.comment.updateMany({ where: { id }, data: { deletedAt: clock.now(), version: { increment: 1 } } })
      }),

    restore: (actor: Actor, { id, version }: ByIdAndVersion) =>
      db.$transaction(async (tx) => {
        const where = { ...visibleComments(actor), id, deletedAt: { not: null } }
        await lockRow(tx, 'Comment', { id, version }, () => tx.comment.findFirst({ where }))
        const data = { deletedAt: null, version: { increment: 1 } }
        return tx.comment.update({ where, data, select: commentColumns })
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

function lockOwn(tx: Transaction, actor: Actor, { id, version }: ByIdAndVersion) {
  const where = { ...visibleComments(actor), authorId: actor.userId, id }
  return lockRow(tx, 'Comment', { id, version }, () => tx.comment.findFirst({ where }))
}

function readComment(db: Db, actor: Actor | null, key: ById) {
  const where = { ...visibleComments(actor), ...key }
  return expectFound('Comment', db.comment.findFirst({ where, select: commentColumns }))
}

function expectPost(db: Db, actor: Actor | null, id: string) {
  return expectFound('Post', db.post.findFirst({ where: { ...visiblePosts(actor), id }, select: { id: true } }))
}
