import { z } from 'zod'
import { idSchema } from '../../core/fields/schema.js'
import { cursorLimitSchema, cursorPageOf, cursorSchema } from '../../core/pagination/schema.js'

const mailStatusSchema = z.enum(['pending', 'sent', 'dead']).meta({
  id: 'MailStatus',
  description: '`dead` means that sending has failed for good. Only the operation `retry` sends such a mail again.',
})

export const listMailSchema = z.strictObject({
  limit: cursorLimitSchema,
  cursor: cursorSchema.optional(),
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
