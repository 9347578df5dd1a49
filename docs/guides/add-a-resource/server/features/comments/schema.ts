import { z } from 'zod'
import { byIdAndVersionSchema, idSchema, manyLines } from '../../core/fields/schema.js'
import { cursorPageInput, cursorPageOf } from '../../core/pagination/schema.js'

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

const writableFields = { body: manyLines().min(1).max(5_000) }

export const listCommentsSchema = z.strictObject({ postId: idSchema, ...cursorPageInput })
export const createCommentSchema = z.strictObject({ postId: idSchema, ...writableFields })
export const updateCommentSchema = byIdAndVersionSchema.extend(z.object(writableFields).partial().shape)

export type ListComments = z.output<typeof listCommentsSchema>
export type CreateComment = z.output<typeof createCommentSchema>
export type UpdateComment = z.output<typeof updateCommentSchema>
