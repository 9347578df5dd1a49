import { adminProcedure, router } from '../../procedures.js'
import { auditEventPageSchema, listAuditEventsSchema } from './schema.js'

export const auditRouter = router({
  list: adminProcedure
    .meta({
      rest: { method: 'GET', path: '/audit-events' },
      summary: 'List audit events',
      description:
        'Returns events that concern accounts and security, the newest first. Events are added and never changed, ' +
        'except that erasing an account removes its personal data from them.',
    })
    .input(listAuditEventsSchema)
    .output(auditEventPageSchema)
    .query(({ ctx, input }) => ctx.services.audit.list(input)),
})
