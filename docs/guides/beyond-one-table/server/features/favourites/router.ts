import { z } from 'zod'
import { bySlugSchema } from '../../core/fields/schema.js'
import type { RestRoute } from '../../core/procedure-meta.js'
import { protectedProcedure, router } from '../../procedures.js'

const path: RestRoute['path'] = '/articles/{slug}/favourite'
const limits = [{ name: 'favourites', by: 'actor', points: 120, windowSeconds: 60 }] as const

export const favouritesRouter = router({
  add: protectedProcedure
    .meta({ rest: { method: 'PUT', path, status: 204 }, summary: 'Add an article to your favourites', limits })
    .input(bySlugSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => ctx.services.favourites.add(ctx.actor, input)),

  remove: protectedProcedure
    .meta({ rest: { method: 'DELETE', path, status: 204 }, summary: 'Remove an article from your favourites', limits })
    .input(bySlugSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => ctx.services.favourites.remove(ctx.actor, input)),
})
