import { z } from 'zod'
import { idSchema } from '../../core/fields/schema.js'
import { cursorLimitSchema, cursorPageOf, cursorSchema } from '../../core/pagination/schema.js'

/** The types of events in the audit trail. */
const auditEventTypeSchema = z
  .enum([
    'login.succeeded',
    'login.failed',
    'login.throttled',
    'logout',
    'session.revoked',
    'session.replaced',
    'sessions.revoked',
    'refresh.reused',
    'register.requested',
    'email.verified',
    'password.reset_requested',
    'password.reset',
    'password.changed',
    'password.refused',
    'user.created',
    'user.updated',
    'user.role_changed',
    'user.disabled',
    'user.enabled',
    'user.removed',
    'user.restored',
    'user.email_change_requested',
    'user.email_changed',
    'user.invited',
    'user.exported',
    'user.erased',
    'api_key.created',
    'api_key.revoked',
    'post.removed',
    'post.restored',
    'post.updated_by_admin',
    'mail.retried',
    'system.acted',
  ])
  .meta({ id: 'AuditEventType' })

export type AuditEventType = z.output<typeof auditEventTypeSchema>

export const listAuditEventsSchema = z.strictObject({
  limit: cursorLimitSchema,
  cursor: cursorSchema.optional(),
  type: auditEventTypeSchema.optional(),
  userId: idSchema.optional().describe('The user that the event concerns.'),
  actorId: idSchema.optional().describe('The user who caused the event.'),
})

const auditEventSchema = z
  .object({
    id: idSchema,
    type: z.string().describe('An `AuditEventType`. Later versions may add types.'),
    actorId: idSchema
      .nullable()
      .describe('The user who caused the event; null for anonymous requests and tasks of the system.'),
    userId: idSchema.nullable().describe('The user that the event concerns.'),
    ip: z.string().nullable(),
    userAgent: z.string().nullable(),
    requestId: z.string().nullable(),
    data: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
    createdAt: z.date(),
  })
  .meta({ id: 'AuditEvent' })

export const auditEventPageSchema = cursorPageOf(auditEventSchema)
