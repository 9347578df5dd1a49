import type { Actor } from '../../core/actor.js'
import type { Clock } from '../../core/clock.js'
import type { Database, Db, Transaction } from '../../core/database/client.js'
import { includingDeleted } from '../../core/database/soft-delete.js'
import type { ById, ByIdAndVersion } from '../../core/fields/schema.js'
import { createOnce } from '../../core/idempotency/create-once.js'
import { readAll, readTimePage } from '../../core/pagination/cursor.js'
import { changesOf, expectFound, lockRow } from '../../core/rows/row.js'
import type { Prisma } from '../../generated/client.js'
import { visiblePosts } from '../posts/visibility.js'
import { type CreateComment, commentSchema, type ListComments, type UpdateComment } from './schema.js'

/** Comments on posts. Whoever sees the post sees them; authors change their own, and admins restore deleted ones. */
export function createCommentsService({ db, clock }: { db: Database; clock: Clock }) {
  return {
    async list(actor: Actor | null, { postId, limit, cursor }: ListComments) {
      await expectPost(db, actor, postId)
      return readTimePage({ scope: ['comments', postId], limit, cursor }, ({ after, range }) =>
        db.comment.findMany({ where: { AND: [visibleComments(actor), after], postId }, select, ...range }),
      )
    },

    get: (actor: Actor | null, key: ById) => readComment(db, actor, key),

    async create(actor: Actor, input: CreateComment) {
      await expectPost(db, actor, input.postId)
      return createOnce({ db, clock }, actor, { input, output: commentSchema }, (tx) =>
        tx.comment.create({ data: { ...input, authorId: actor.userId }, select }),
      )
    },

    update: (actor: Actor, { id, version, ...changes }: UpdateComment) =>
      db.$transaction(async (tx) => {
        const data = changesOf(await lockOwn(tx, actor, { id, version }), changes)
        return data ? tx.comment.update({ where: { id }, data, select }) : readComment(tx, actor, { id })
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
        return tx.comment.update({ where, data: { deletedAt: null, version: { increment: 1 } }, select })
      }),

    ownRows: (authorId: string) => readAll((range) => db.comment.findMany({ where: ofAuthor(authorId), ...range })),
    eraseOwnRows: (tx: Transaction, authorId: string) =>
      tx.comment.updateMany({ where: ofAuthor(authorId), data: { body: '', deletedAt: clock.now() } }),
  }
}

const select = {
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

const ofAuthor = (authorId: string) => ({ ...includingDeleted, authorId })

function lockOwn(tx: Transaction, actor: Actor, { id, version }: ByIdAndVersion) {
  const where = { ...visibleComments(actor), authorId: actor.userId, id }
  return lockRow(tx, 'Comment', { id, version }, () => tx.comment.findFirst({ where }))
}

function readComment(db: Db, actor: Actor | null, key: ById) {
  return expectFound('Comment', db.comment.findFirst({ where: { ...visibleComments(actor), ...key }, select }))
}

function expectPost(db: Db, actor: Actor | null, id: string) {
  return expectFound('Post', db.post.findFirst({ where: { ...visiblePosts(actor), id }, select: { id: true } }))
}
