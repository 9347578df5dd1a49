import { byIdSchema } from '../../core/fields/schema.js'
import { adminProcedure, router } from '../../procedures.js'
import { listMailSchema, outboxMailPageSchema, outboxMailSchema } from './schema.js'

export const mailRouter = router({
  list: adminProcedure
    .meta({ rest: { method: 'GET', path: '/mail' }, summary: 'List outgoing mail' })
    .input(listMailSchema)
    .output(outboxMailPageSchema)
    .query(({ ctx, input }) => ctx.services.mail.list(input)),

  retry: adminProcedure
    .meta({ rest: { method: 'POST', path: '/mail/{id}/retry' }, summary: 'Retry a failed mail' })
    .input(byIdSchema)
    .output(outboxMailSchema)
    .mutation(({ ctx, input }) => ctx.services.mail.retry(ctx.actor, input)),
})
