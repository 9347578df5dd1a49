import { z } from 'zod'
import type { Context } from '../../core/context.js'
import { protectedProcedure, router } from '../../procedures.js'
import { revokeSessionSchema, sessionListSchema } from '../auth/schema.js'
import type { SessionsService } from './service.js'

export const sessionsRouter = router({
  list: protectedProcedure
    .meta({
      rest: { method: 'GET', path: '/sessions' },
      summary: 'List your active sessions',
      description:
        'Returns the sessions in which you are logged in, the last used first: at most 100, because a further login ' +
        'ends the one that was not used for the longest time.',
    })
    .output(sessionListSchema)
    .query(({ ctx }) => ctx.services.sessions.list(ctx.actor)),

  revoke: protectedProcedure
    .meta({
      setsCookie: true,
      rest: { method: 'DELETE', path: '/sessions/{id}', status: 204 },
      summary: 'Revoke one of your sessions',
      description:
        'Logs a session out. Its refresh token stops working at once, and its access token within 5 seconds.',
    })
    .input(revokeSessionSchema)
    .output(z.void())
    .mutation(async ({ ctx, input }) => {
      await ctx.services.sessions.revoke(ctx.actor, input)
      await clearEndedCookie(ctx)
    }),

  revokeOthers: protectedProcedure
    .meta({
      rest: { method: 'DELETE', path: '/sessions', status: 204 },
      summary: 'Revoke all your other sessions',
      description:
        'Logs out all your sessions but the one of this request. Their refresh tokens stop working at once, and ' +
        'their access tokens within 5 seconds.',
    })
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
