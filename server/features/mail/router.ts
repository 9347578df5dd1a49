import { byIdSchema } from '../../core/fields/schema.js'
import { adminProcedure, router } from '../../procedures.js'
import { listMailSchema, outboxMailPageSchema, outboxMailSchema } from './schema.js'

export const mailRouter = router({
  list: adminProcedure
    .meta({
      rest: { method: 'GET', path: '/mail' },
      summary: 'List outgoing mail',
      description:
        'Returns the mails that the server has sent or will send, the newest first. Links in mails are not stored ' +
        'and are not returned.',
    })
    .input(listMailSchema)
    .output(outboxMailPageSchema)
    .query(({ ctx, input }) => ctx.services.mail.list(input)),

  retry: adminProcedure
    .meta({
      rest: { method: 'POST', path: '/mail/{id}/retry' },
      summary: 'Retry a failed mail',
      description: 'Sends a mail again whose attempts have all failed. It gets a new series of attempts.',
      errors: ['CONFLICT'],
    })
    .input(byIdSchema)
    .output(outboxMailSchema)
    .mutation(({ ctx, input }) => ctx.services.mail.retry(ctx.actor, input)),
})
