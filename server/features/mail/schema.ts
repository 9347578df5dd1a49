import { z } from 'zod'
import { idSchema } from '../../core/fields/schema.js'
import { cursorPageInput, cursorPageOf } from '../../core/pagination/schema.js'
import { emailOutput } from '../users/schema.js'

const mailStatusSchema = z.enum(['pending', 'sent', 'dead']).meta({
  id: 'MailStatus',
  description: '`dead` means that sending has failed for good. Only the operation `retry` sends such a mail again.',
})

export const listMailSchema = z.strictObject({
  ...cursorPageInput,
  status: mailStatusSchema.optional(),
})

export const outboxMailSchema = z
  .object({
    id: idSchema,
    template: z.string().max(100),
    to: emailOutput,
    status: mailStatusSchema,
    attempts: z.int().min(0).max(1000),
    lastError: z.string().max(500).nullable(),
    createdAt: z.date(),
    sentAt: z.date().nullable(),
  })
  .meta({ id: 'OutboxMail', description: 'A mail that the server sends.' })

export const outboxMailPageSchema = cursorPageOf(outboxMailSchema)
/** The types of events that this feature records in the audit trail. */
export const mailEvents = ['mail.retried'] as const
