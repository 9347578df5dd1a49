import { z } from 'zod'
import { idSchema, originOutput } from '../../core/fields/schema.js'
import { cursorPageInput, cursorPageOf } from '../../core/pagination/schema.js'
import { apiKeyEvents } from '../api-keys/schema.js'
import { authEvents } from '../auth/schema.js'
import { jobEvents } from '../jobs/schema.js'
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
  jobs: jobEvents,
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

/** The maximum length of a text in the data of an event. Longer ones are cut when they are recorded. */
export const auditTextMax = 1000

const auditEventSchema = z
  .object({
    id: idSchema,
    type: z.string().max(100).describe('An `AuditEventType`. Later versions may add types.'),
    actorId: idSchema
      .nullable()
      .describe('The user who caused the event; null for anonymous requests and tasks of the system.'),
    userId: idSchema.nullable().describe('The user that the event concerns.'),
    ip: originOutput.ip.nullable(),
    userAgent: originOutput.userAgent.nullable(),
    requestId: originOutput.requestId.nullable(),
    data: z
      .record(z.string().max(100), z.union([z.string().max(auditTextMax), z.number(), z.boolean(), z.null()]))
      .describe('What changed, by names that depend on the type.'),
    createdAt: z.date(),
  })
  .meta({
    id: 'AuditEvent',
    description: 'Something that happened: what, who caused it, whom it concerns, and from where.',
  })

export const auditEventPageSchema = cursorPageOf(auditEventSchema)
