import { z } from 'zod'
import { idSchema } from '../../core/fields/schema.js'
import { cursorPageInput, cursorPageOf } from '../../core/pagination/schema.js'

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
    template: z.string(),
    to: z.string(),
    status: mailStatusSchema,
    attempts: z.int(),
    lastError: z.string().nullable(),
    createdAt: z.date(),
    sentAt: z.date().nullable(),
  })
  .meta({ id: 'OutboxMail' })

export const outboxMailPageSchema = cursorPageOf(outboxMailSchema)
/** The types of events that this feature records in the audit trail. */
export const mailEvents = ['mail.retried'] as const
