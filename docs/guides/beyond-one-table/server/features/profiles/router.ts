import { z } from 'zod'
import type { RestRoute } from '../../core/procedure-meta.js'
import { protectedProcedure, publicProcedure, router } from '../../procedures.js'
import { byUsernameSchema, profileSchema } from './schema.js'

const path: RestRoute['path'] = '/profiles/{username}/follow'

export const profilesRouter = router({
  get: publicProcedure
    .meta({ rest: { method: 'GET', path: '/profiles/{username}' }, summary: 'Get the profile of a user' })
    .input(byUsernameSchema)
    .output(profileSchema)
    .query(({ ctx, input }) => ctx.services.profiles.get(ctx.actor, input)),

  follow: protectedProcedure
    .meta({ rest: { method: 'PUT', path, status: 204 }, summary: 'Follow a user' })
    .input(byUsernameSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => ctx.services.profiles.follow(ctx.actor, input)),

  unfollow: protectedProcedure
    .meta({ rest: { method: 'DELETE', path, status: 204 }, summary: 'Stop following a user' })
    .input(byUsernameSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => ctx.services.profiles.unfollow(ctx.actor, input)),
})
