import { z } from 'zod'
import { byIdAndVersionSchema, byIdSchema } from '../../core/fields/schema.js'
import { adminProcedure, currentPasswordLimits, protectedProcedure, router } from '../../procedures.js'
import { clearEndedCookie } from '../sessions/router.js'
import {
  accountExportSchema,
  createUserSchema,
  invitationSentSchema,
  listUsersSchema,
  removeMeSchema,
  replaceUserSchema,
  updateMeSchema,
  updateUserSchema,
  userPageSchema,
  userSchema,
} from './schema.js'

export const usersRouter = router({
  me: protectedProcedure
    .meta({ rest: { method: 'GET', path: '/users/me' }, summary: 'Get your account', scope: 'users:read' })
    .output(userSchema)
    .query(({ ctx }) => ctx.services.users.me(ctx.actor)),

  updateMe: protectedProcedure
    .meta({ rest: { method: 'PATCH', path: '/users/me' }, summary: 'Update your account' })
    .input(updateMeSchema)
    .output(userSchema)
    .mutation(({ ctx, input }) => ctx.services.users.updateMe(ctx.actor, input)),

  removeMe: protectedProcedure
    .meta({
      rest: { method: 'DELETE', path: '/users/me', status: 204 },
      hashesPassword: true,
      summary: 'Delete your account',
      limits: currentPasswordLimits,
    })
    .input(removeMeSchema)
    .output(z.void())
    .mutation(async ({ ctx, input }) => {
      await ctx.services.users.removeMe(ctx.actor, input)
      await clearEndedCookie(ctx)
    }),

  exportMe: protectedProcedure
    .meta({
      rest: { method: 'GET', path: '/users/me/export' },
      summary: 'Export all data stored about your account',
      limits: [{ name: 'users.export', by: 'actor', points: 10, windowSeconds: 3600 }],
    })
    .output(accountExportSchema)
    .query(({ ctx }) => ctx.services.users.exportMe(ctx.actor)),

  list: adminProcedure
    .meta({ rest: { method: 'GET', path: '/users' }, summary: 'List users' })
    .input(listUsersSchema)
    .output(userPageSchema)
    .query(({ ctx, input }) => ctx.services.users.list(input)),

  get: adminProcedure
    .meta({ rest: { method: 'GET', path: '/users/{id}' }, summary: 'Get a user' })
    .input(byIdSchema)
    .output(userSchema)
    .query(({ ctx, input }) => ctx.services.users.get(input)),

  create: adminProcedure
    .meta({
      rest: { method: 'POST', path: '/users', status: 201 },
      idempotency: 'kept',
      summary: 'Invite a user by mail',
    })
    .input(createUserSchema)
    .output(userSchema)
    .mutation(({ ctx, input }) => ctx.services.users.create(ctx.actor, input)),

  replace: adminProcedure
    .meta({ rest: { method: 'PUT', path: '/users/{id}' }, summary: 'Replace a user' })
    .input(replaceUserSchema)
    .output(userSchema)
    .mutation(({ ctx, input }) => ctx.services.users.replace(ctx.actor, input)),

  update: adminProcedure
    .meta({ rest: { method: 'PATCH', path: '/users/{id}' }, summary: 'Update a user' })
    .input(updateUserSchema)
    .output(userSchema)
    .mutation(({ ctx, input }) => ctx.services.users.update(ctx.actor, input)),

  remove: adminProcedure
    .meta({ rest: { method: 'DELETE', path: '/users/{id}', status: 204 }, summary: 'Delete a user' })
    .input(byIdAndVersionSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => ctx.services.users.remove(ctx.actor, input)),

  restore: adminProcedure
    .meta({ rest: { method: 'POST', path: '/users/{id}/restore' }, summary: 'Restore a deleted user' })
    .input(byIdAndVersionSchema)
    .output(userSchema)
    .mutation(({ ctx, input }) => ctx.services.users.restore(ctx.actor, input)),

  resendInvitation: adminProcedure
    .meta({
      rest: { method: 'POST', path: '/users/{id}/resend-invitation', status: 202 },
      summary: 'Resend an invitation',
    })
    .input(byIdSchema)
    .output(invitationSentSchema)
    .mutation(async ({ ctx, input }) => {
      await ctx.services.users.resendInvitation(ctx.actor, input)
      return { status: 'invitation_sent' }
    }),

  erase: adminProcedure
    .meta({
      rest: { method: 'POST', path: '/users/{id}/erase', status: 204 },
      summary: 'Permanently erase the personal data of a deleted user',
    })
    .input(byIdAndVersionSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => ctx.services.users.erase(ctx.actor, input)),
})
