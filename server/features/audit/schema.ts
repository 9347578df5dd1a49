import { z } from 'zod'
import { idSchema } from '../../core/fields/schema.js'
import { cursorPageInput, cursorPageOf } from '../../core/pagination/schema.js'
import { apiKeyEvents } from '../api-keys/schema.js'
import { authEvents } from '../auth/schema.js'
import { mailEvents } from '../mail/schema.js'
import { postEvents } from '../posts/schema.js'
import { userEvents } from '../users/schema.js'

/** The types of events that each feature declares. */
const eventTypes = {
  auth: authEvents,
  users: userEvents,
  apiKeys: apiKeyEvents,
  posts: postEvents,
  mail: mailEvents,
  callers: ['system.acted'],
} as const

const auditEventTypeSchema = z.enum(Object.values(eventTypes).flat()).meta({ id: 'AuditEventType' })

export type AuditEventType = z.output<typeof auditEventTypeSchema>

export const listAuditEventsSchema = z.strictObject({
  ...cursorPageInput,
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
