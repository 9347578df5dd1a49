import { z } from 'zod'
import { byIdAndVersionSchema, idSchema, manyLines } from '../../core/fields/schema.js'
import { cursorLimitSchema, cursorPageOf, cursorSchema } from '../../core/pagination/schema.js'

export const commentSchema = z
  .object({
    id: idSchema,
    postId: idSchema,
    body: z.string(),
    author: z.object({ id: idSchema, name: z.string() }),
    createdAt: z.date(),
    updatedAt: z.date(),
    version: z.int(),
  })
  .meta({ id: 'Comment' })

export const commentPageSchema = cursorPageOf(commentSchema)

const postIdSchema = z.strictObject({ postId: idSchema })
const bodySchema = manyLines().min(1).max(5_000)

export const listCommentsSchema = postIdSchema.extend({ limit: cursorLimitSchema, cursor: cursorSchema.optional() })
export const createCommentSchema = postIdSchema.extend({ body: bodySchema })
export const updateCommentSchema = byIdAndVersionSchema.extend({ body: bodySchema.optional() })

export type ListComments = z.output<typeof listCommentsSchema>
export type CreateComment = z.output<typeof createCommentSchema>
export type UpdateComment = z.output<typeof updateCommentSchema>
export type CommentVersion = z.output<typeof byIdAndVersionSchema>
