import { z } from 'zod'
import { byIdSchema, idSchema, manyLines, oneLine, versionSchema } from '../../core/fields/schema.js'
import { cursorPageInput, cursorPageOf } from '../../core/pagination/schema.js'
import { profileOutput } from '../users/profile/schema.js'

const postStatusSchema = z.enum(['draft', 'published']).meta({ id: 'PostStatus' })

export const postSchema = z
  .object({
    id: idSchema,
    title: z.string().max(200),
    body: z.string().max(50_000),
    status: postStatusSchema,
    publishedAt: z.date().nullable(),
    author: z
      .object({ id: idSchema, name: profileOutput.name })
      .meta({ id: 'PostAuthor', description: 'The user who wrote the post.' }),
    createdAt: z.date(),
    updatedAt: z.date(),
    version: versionSchema,
  })
  .meta({ id: 'Post', description: 'A text that a user writes, first as a draft, and publishes.' })

export const postPageSchema = cursorPageOf(postSchema)

const searchHelp =
  'The words to search for in titles and bodies. Quotes search for a phrase, `or` separates alternatives, and `-` ' +
  'excludes a word. Each request searches at most 2,000 posts, so a page may have few matches, or none, although more ' +
  'follow. Continue until `meta.hasMore` is false.'

const orderHelp =
  '`relevance` requires `q`. It ranks posts by how often they contain the words; titles count most. If the words are ' +
  'common, it ranks the matches among the newest 2,000 posts first, then those among the next 2,000, and so on.'

export const listPostsSchema = z
  .strictObject({
    ...cursorPageInput,
    authorId: idSchema.optional(),
    status: postStatusSchema.optional(),
    q: oneLine().trim().max(200).optional().describe(searchHelp),
    order: z.enum(['newest', 'oldest', 'relevance']).default('newest').describe(orderHelp),
  })
  .refine(({ order, q }) => order !== 'relevance' || Boolean(q), {
    path: ['order'],
    message: 'Ordering by relevance requires a search (q).',
  })

const writableFields = {
  title: oneLine()
    .trim()
    .min(1)
    .max(200)
    .meta({ examples: ['Hello'] }),
  body: manyLines()
    .min(1)
    .max(50_000)
    .meta({ examples: ['A first post.'] }),
  status: postStatusSchema,
}

export const createPostSchema = z.strictObject({ ...writableFields, status: postStatusSchema.default('draft') })

export const replacePostSchema = byIdSchema.extend({ ...writableFields, version: versionSchema.optional() })

export const updatePostSchema = byIdSchema
  .extend(z.object(writableFields).partial().shape)
  .extend({ version: versionSchema.optional() })

/** The types of events that this feature records in the audit trail. */
export const postEvents = ['post.removed', 'post.restored', 'post.updated_by_admin'] as const

export type Post = z.output<typeof postSchema>
export type ListPosts = z.output<typeof listPostsSchema>
export type CreatePost = z.output<typeof createPostSchema>
export type UpdatePost = z.output<typeof updatePostSchema>
