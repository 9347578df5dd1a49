import { z } from 'zod'
import type { Context } from '../../core/context.js'
import { protectedProcedure, router } from '../../procedures.js'
import { revokeSessionSchema, sessionListSchema } from '../auth/schema.js'
import type { SessionsService } from './service.js'

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

/** Clears the refresh cookie after an operation that may have ended its session, unless the session is still active. */
export async function clearEndedCookie({
  refreshCookie,
  services,
}: Context<{ sessions: SessionsService }>): Promise<void> {
  const tokens = refreshCookie.readUnchecked()
  if (tokens.length > 0 && !(await services.sessions.isAnyLiving(tokens))) refreshCookie.clear()
}
