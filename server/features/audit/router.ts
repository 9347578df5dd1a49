import { adminProcedure, router } from '../../procedures.js'
import { auditEventPageSchema, listAuditEventsSchema } from './schema.js'

export const auditRouter = router({
  list: adminProcedure
    .meta({ rest: { method: 'GET', path: '/audit-events' }, summary: 'List audit events' })
    .input(listAuditEventsSchema)
    .output(auditEventPageSchema)
    .query(({ ctx, input }) => ctx.services.audit.list(input)),
})
