import { z } from 'zod'
import { protectedProcedure, router } from '../../procedures.js'
import { clearEndedCookie } from '../auth/answers.js'
import { revokeSessionSchema, sessionListSchema } from '../auth/schema.js'

export const sessionsRouter = router({
  list: protectedProcedure
    .meta({ rest: { method: 'GET', path: '/sessions' }, summary: 'List your active sessions' })
    .output(sessionListSchema)
    .query(({ ctx }) => ctx.services.sessions.list(ctx.actor)),

  revoke: protectedProcedure
    .meta({ rest: { method: 'DELETE', path: '/sessions/{id}', status: 204 }, summary: 'Revoke one of your sessions' })
    .input(revokeSessionSchema)
    .output(z.void())
    .mutation(async ({ ctx, input }) => {
      await ctx.services.sessions.revoke(ctx.actor, input)
      await clearEndedCookie(ctx)
    }),

  revokeOthers: protectedProcedure
    .meta({ rest: { method: 'DELETE', path: '/sessions', status: 204 }, summary: 'Revoke all your other sessions' })
    .output(z.void())
    .mutation(({ ctx }) => ctx.services.sessions.revokeOthers(ctx.actor)),
})
