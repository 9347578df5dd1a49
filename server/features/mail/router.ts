import { byIdSchema } from '../../core/fields/schema.js'
import { adminProcedure, router } from '../../procedures.js'
import { listMailSchema, outboxMailPageSchema, outboxMailSchema } from './schema.js'

export const mailRouter = router({
  list: adminProcedure
    .meta({ rest: { method: 'GET', path: '/mail' }, summary: 'List mail that waits, was sent or could not be sent' })
    .input(listMailSchema)
    .output(outboxMailPageSchema)
    .query(({ ctx, input }) => ctx.services.mail.list(input)),

  retry: adminProcedure
    .meta({ rest: { method: 'POST', path: '/mail/{id}/retry' }, summary: 'Try a mail that could not be sent again' })
    .input(byIdSchema)
    .output(outboxMailSchema)
    .mutation(({ ctx, input }) => ctx.services.mail.retry(ctx.actor, input)),
})
