import { z } from 'zod'
import { byIdAndVersionSchema, byIdSchema } from '../../core/fields/schema.js'
import { cursorPageOf } from '../../core/pagination/schema.js'
import { adminProcedure, protectedProcedure, publicProcedure, router } from '../../procedures.js'
import { commentSchema, createCommentSchema, listCommentsSchema, updateCommentSchema } from './schema.js'

export const commentsRouter = router({
  list: publicProcedure
    .meta({ rest: { method: 'GET', path: '/posts/{postId}/comments' }, summary: 'List the comments of a post' })
    .input(listCommentsSchema)
    .output(cursorPageOf(commentSchema))
    .query(({ ctx, input }) => ctx.services.comments.list(ctx.actor, input)),

  get: publicProcedure
    .meta({ rest: { method: 'GET', path: '/comments/{id}' }, summary: 'Get a comment' })
    .input(byIdSchema)
    .output(commentSchema)
    .query(({ ctx, input }) => ctx.services.comments.get(ctx.actor, input)),

  create: protectedProcedure
    .meta({
      rest: { method: 'POST', path: '/posts/{postId}/comments', status: 201 },
      idempotency: 'kept',
      summary: 'Create a comment',
    })
    .input(createCommentSchema)
    .output(commentSchema)
    .mutation(({ ctx, input }) => ctx.services.comments.create(ctx.actor, input)),

  update: protectedProcedure
    .meta({ rest: { method: 'PATCH', path: '/comments/{id}' }, summary: 'Update a comment' })
    .input(updateCommentSchema)
    .output(commentSchema)
    .mutation(({ ctx, input }) => ctx.services.comments.update(ctx.actor, input)),

  remove: protectedProcedure
    .meta({ rest: { method: 'DELETE', path: '/comments/{id}', status: 204 }, summary: 'Delete a comment' })
    .input(byIdAndVersionSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => ctx.services.comments.remove(ctx.actor, input)),

  restore: adminProcedure
    .meta({ rest: { method: 'POST', path: '/comments/{id}/restore' }, summary: 'Restore a deleted comment' })
    .input(byIdAndVersionSchema)
    .output(commentSchema)
    .mutation(({ ctx, input }) => ctx.services.comments.restore(ctx.actor, input)),
})
