import { z } from 'zod'
import { byIdAndVersionSchema, idSchema, manyLines, versionSchema } from '../../core/fields/schema.js'
import { cursorPageInput } from '../../core/pagination/schema.js'
import { profileOutput } from '../users/profile/schema.js'

export const commentSchema = z
  .object({
    id: idSchema,
    postId: idSchema,
    body: z.string().max(5_000),
    author: z.object({ id: idSchema, name: profileOutput.name }),
    createdAt: z.date(),
    updatedAt: z.date(),
    version: versionSchema,
  })
  .meta({ id: 'Comment' })

const writableFields = { body: manyLines().min(1).max(5_000) }

export const listCommentsSchema = z.strictObject({ postId: idSchema, ...cursorPageInput })
export const createCommentSchema = z.strictObject({ postId: idSchema, ...writableFields })
export const updateCommentSchema = byIdAndVersionSchema.extend(z.object(writableFields).partial().shape)

export type ListComments = z.output<typeof listCommentsSchema>
export type CreateComment = z.output<typeof createCommentSchema>
export type UpdateComment = z.output<typeof updateCommentSchema>
