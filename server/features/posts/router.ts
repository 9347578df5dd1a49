import { z } from 'zod'
import { byIdAndVersionSchema, byIdSchema } from '../../core/fields/schema.js'
import { adminProcedure, ownerProcedure, protectedProcedure, publicProcedure, router } from '../../procedures.js'
import {
  createPostSchema,
  listPostsSchema,
  postPageSchema,
  postSchema,
  replacePostSchema,
  updatePostSchema,
} from './schema.js'

export const postsRouter = router({
  list: publicProcedure
    .meta({
      rest: { method: 'GET', path: '/posts' },
      summary: 'List or search posts',
      description:
        'Returns published posts. Authors also get their own drafts, and administrators all drafts. `q` searches ' +
        'titles and bodies.',
      scope: 'posts:read',
    })
    .input(listPostsSchema)
    .output(postPageSchema)
    .query(({ ctx, input }) => ctx.services.posts.list(ctx.actor, input)),

  get: publicProcedure
    .meta({
      rest: { method: 'GET', path: '/posts/{id}' },
      summary: 'Get a post',
      description: 'Returns a post. A draft is returned only to its author and to administrators.',
      scope: 'posts:read',
    })
    .input(byIdSchema)
    .output(postSchema)
    .query(({ ctx, input }) => ctx.services.posts.get(ctx.actor, input)),

  create: protectedProcedure
    .meta({
      rest: { method: 'POST', path: '/posts', status: 201 },
      idempotency: 'kept',
      summary: 'Create a post',
      description: 'Creates a post of which you are the author. It is a draft unless `status` is `published`.',
      scope: 'posts:write',
    })
    .input(createPostSchema)
    .output(postSchema)
    .mutation(({ ctx, input }) => ctx.services.posts.create(ctx.actor, input)),

  replace: ownerProcedure
    .meta({
      rest: { method: 'PUT', path: '/posts/{id}' },
      summary: 'Replace a post',
      description:
        'Replaces title, body and status. You can replace your own posts, and administrators all posts; a change by ' +
        'an administrator is recorded in the audit trail.',
      scope: 'posts:write',
    })
    .input(replacePostSchema)
    .output(postSchema)
    .mutation(({ ctx, input }) => ctx.services.posts.replace(ctx.actor, input)),

  update: ownerProcedure
    .meta({
      rest: { method: 'PATCH', path: '/posts/{id}' },
      summary: 'Update a post',
      description:
        'Changes the fields that the body contains. You can change your own posts, and administrators all posts. ' +
        'When a post is published for the first time, it gets its `publishedAt`.',
      scope: 'posts:write',
    })
    .input(updatePostSchema)
    .output(postSchema)
    .mutation(({ ctx, input }) => ctx.services.posts.update(ctx.actor, input)),

  remove: ownerProcedure
    .meta({
      rest: { method: 'DELETE', path: '/posts/{id}', status: 204 },
      summary: 'Delete a post',
      description:
        'Deletes a post. You can delete your own posts, and administrators all posts. An administrator can restore ' +
        'it.',
      scope: 'posts:write',
    })
    .input(byIdAndVersionSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => ctx.services.posts.remove(ctx.actor, input)),

  restore: adminProcedure
    .meta({
      rest: { method: 'POST', path: '/posts/{id}/restore' },
      summary: 'Restore a deleted post',
      description: "Restores a deleted post. It fails if the author's account is deleted.",
    })
    .input(byIdAndVersionSchema)
    .output(postSchema)
    .mutation(({ ctx, input }) => ctx.services.posts.restore(ctx.actor, input)),
})
