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
    .meta({
      rest: { method: 'GET', path: '/users/me' },
      summary: 'Get your account',
      description: 'Returns the account that the access token or API key belongs to.',
      scope: 'users:read',
    })
    .output(userSchema)
    .query(({ ctx }) => ctx.services.users.me(ctx.actor)),

  updateMe: protectedProcedure
    .meta({
      rest: { method: 'PATCH', path: '/users/me' },
      summary: 'Update your account',
      description:
        'Changes the fields that the body contains. The address and the password have operations of their own under ' +
        '`/auth`.',
    })
    .input(updateMeSchema)
    .output(userSchema)
    .mutation(({ ctx, input }) => ctx.services.users.updateMe(ctx.actor, input)),

  removeMe: protectedProcedure
    .meta({
      setsCookie: true,
      rest: { method: 'DELETE', path: '/users/me', status: 204 },
      hashesPassword: true,
      summary: 'Delete your account',
      description:
        'Deletes your account. Your sessions, API keys and mailed links end, and others no longer see what you ' +
        'wrote. An administrator can restore the account, or erase its personal data permanently.',
      errors: ['INVALID_CREDENTIALS', 'LAST_ADMIN'],
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
      description:
        'Returns what is stored about you as one document, without secrets: the account, sessions, API keys, mails, ' +
        'audit events, and your rows of each resource. The export is recorded in the audit trail.',
      limits: [{ name: 'users.export', by: 'actor', points: 10, windowSeconds: 3600 }],
    })
    .output(accountExportSchema)
    .query(({ ctx }) => ctx.services.users.exportMe(ctx.actor)),

  list: adminProcedure
    .meta({
      rest: { method: 'GET', path: '/users' },
      summary: 'List users',
      description:
        'Returns a page of accounts, with their total number. Deleted accounts are included only with ' +
        '`status=deleted`.',
    })
    .input(listUsersSchema)
    .output(userPageSchema)
    .query(({ ctx, input }) => ctx.services.users.list(input)),

  get: adminProcedure
    .meta({
      rest: { method: 'GET', path: '/users/{id}' },
      summary: 'Get a user',
      description: 'Returns an account that is not deleted.',
    })
    .input(byIdSchema)
    .output(userSchema)
    .query(({ ctx, input }) => ctx.services.users.get(input)),

  create: adminProcedure
    .meta({
      rest: { method: 'POST', path: '/users', status: 201 },
      idempotency: 'kept',
      summary: 'Invite a user by mail',
      description:
        'Creates an account without a password and sends an invitation to the address. The invited user chooses a ' +
        'password with the mailed link, which also verifies the address.',
      errors: ['EMAIL_TAKEN'],
    })
    .input(createUserSchema)
    .output(userSchema)
    .mutation(({ ctx, input }) => ctx.services.users.create(ctx.actor, input)),

  replace: adminProcedure
    .meta({
      rest: { method: 'PUT', path: '/users/{id}' },
      summary: 'Replace a user',
      description: 'Replaces all fields that can be changed. The side effects are those of `PATCH /users/{id}`.',
      errors: ['EMAIL_TAKEN', 'LAST_ADMIN'],
    })
    .input(replaceUserSchema)
    .output(userSchema)
    .mutation(({ ctx, input }) => ctx.services.users.replace(ctx.actor, input)),

  update: adminProcedure
    .meta({
      rest: { method: 'PATCH', path: '/users/{id}' },
      summary: 'Update a user',
      description:
        'Changes the fields that the body contains. Disabling an account or changing its address ends its sessions, ' +
        'API keys and mailed links; changing its role ends its sessions. A user whose address changes is informed ' +
        'at the old address and invited at the new one. The last active administrator cannot be demoted or ' +
        'disabled.',
      errors: ['EMAIL_TAKEN', 'LAST_ADMIN'],
    })
    .input(updateUserSchema)
    .output(userSchema)
    .mutation(({ ctx, input }) => ctx.services.users.update(ctx.actor, input)),

  remove: adminProcedure
    .meta({
      rest: { method: 'DELETE', path: '/users/{id}', status: 204 },
      summary: 'Delete a user',
      description:
        'Deletes an account. Its sessions, API keys and mailed links end, and others no longer see what the user ' +
        'wrote. It can be restored until its data is erased. The last active administrator cannot be deleted.',
      errors: ['LAST_ADMIN'],
    })
    .input(byIdAndVersionSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => ctx.services.users.remove(ctx.actor, input)),

  restore: adminProcedure
    .meta({
      rest: { method: 'POST', path: '/users/{id}/restore' },
      summary: 'Restore a deleted user',
      description:
        'Restores a deleted account. Its sessions and API keys have ended, so the user logs in again. It fails if ' +
        'the address belongs to another account meanwhile.',
      errors: ['EMAIL_TAKEN'],
    })
    .input(byIdAndVersionSchema)
    .output(userSchema)
    .mutation(({ ctx, input }) => ctx.services.users.restore(ctx.actor, input)),

  resendInvitation: adminProcedure
    .meta({
      rest: { method: 'POST', path: '/users/{id}/resend-invitation', status: 202 },
      summary: 'Resend an invitation',
      description:
        'Sends a new invitation to an account that has no password yet. Links of earlier invitations stop working. ' +
        'Beyond three mails an hour nothing is sent, and the earlier link stays valid.',
      errors: ['CONFLICT'],
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
      description:
        'Overwrites the personal data of a deleted account and removes its sessions, API keys, links and mails. What ' +
        'the account wrote is overwritten in the background. The row and its id stay, so that what refers to them ' +
        'remains valid. **This cannot be undone.**',
    })
    .input(byIdAndVersionSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => ctx.services.users.erase(ctx.actor, input)),
})
