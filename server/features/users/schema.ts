import { z } from 'zod'
import { byIdSchema, idSchema, oneLine, versionSchema } from '../fields/schema.js'
import { limitSchema, offsetPageOf, pageNumberSchema } from '../pages/schema.js'

/** An address, trimmed and in lower case. Quoted local parts and comments are refused. */
export const emailSchema = oneLine()
  .refine(isAscii, 'An address is written in ASCII.')
  .trim()
  .toLowerCase()
  .max(254)
  .pipe(z.email())
  .meta({ format: 'email', examples: ['ada@example.com'] })

// Before it is lower-cased, which turns the Kelvin sign into a k.
function isAscii(text: string): boolean {
  return /^\p{ASCII}*$/u.test(text)
}

/** What a person is called. */
export const nameSchema = oneLine()
  .trim()
  .min(1)
  .max(100)
  .meta({ examples: ['Ada Okafor'] })

const roleSchema = z.enum(['user', 'admin']).meta({ id: 'Role' })

/** What an admin may set; `deleted` is reached by removing. */
const writableStatusSchema = z.enum(['active', 'disabled'])

const userStatusSchema = z.enum(['active', 'disabled', 'deleted']).meta({ id: 'UserStatus' })

export const userSchema = z
  .object({
    id: idSchema,
    email: z.string(),
    name: z.string(),
    role: roleSchema,
    status: userStatusSchema,
    emailVerifiedAt: z.date().nullable(),
    createdAt: z.date(),
    updatedAt: z.date(),
    version: z.int(),
  })
  .meta({ id: 'User' })

export const userPageSchema = offsetPageOf(userSchema)

export const updateMeSchema = z.strictObject({ name: nameSchema.optional(), version: versionSchema.optional() })

/** A password that is compared, not set: the rules for new ones do not apply to it. */
export const removeMeSchema = z.strictObject({ password: z.string().min(1).max(1024).meta({ format: 'password' }) })

export const listUsersSchema = z.strictObject({
  page: pageNumberSchema,
  limit: limitSchema,
  q: oneLine().trim().max(200).optional().describe('Part of a name or an address.'),
  role: roleSchema.optional(),
  status: userStatusSchema.optional(),
  sort: z.enum(['createdAt', 'name', 'email']).default('createdAt'),
  order: z.enum(['asc', 'desc']).optional(),
})

export const createUserSchema = z.strictObject({
  email: emailSchema,
  name: nameSchema,
  role: roleSchema.default('user'),
})

/** What is stored about an account. Rows of resources are whatever their tables hold, without internal columns. */
export const accountExportSchema = z
  .object({
    exportedAt: z.date(),
    isComplete: z.boolean().describe('False if there is more than one document holds; the oldest is left out.'),
    account: userSchema,
    sessions: z.array(
      z.object({
        id: idSchema,
        createdAt: z.date(),
        lastUsedAt: z.date(),
        expiresAt: z.date(),
        endedAt: z.date().nullable(),
        endReason: z.string().nullable(),
        ip: z.string(),
        userAgent: z.string(),
      }),
    ),
    links: z
      .array(
        z.object({
          kind: z.string(),
          email: z.string().nullable(),
          createdAt: z.date(),
          expiresAt: z.date(),
          usedAt: z.date().nullable(),
        }),
      )
      .describe('Mailed links, without their tokens; `email` is the address of a change that waits.'),
    mails: z.array(
      z.object({
        template: z.string(),
        to: z.string(),
        status: z.string(),
        createdAt: z.date(),
        sentAt: z.date().nullable(),
      }),
    ),
    auditEvents: z.array(
      z.object({
        type: z.string(),
        actorId: idSchema.nullable(),
        userId: idSchema.nullable(),
        ip: z.string().nullable(),
        userAgent: z.string().nullable(),
        data: z.unknown(),
        createdAt: z.date(),
      }),
    ),
    resources: z.record(z.string(), z.array(z.record(z.string(), z.unknown()))).describe('Rows by resource.'),
  })
  .meta({ id: 'AccountExport' })

export const invitationSentSchema = z.object({ status: z.literal('invitation_sent') })

const writableFields = { email: emailSchema, name: nameSchema, role: roleSchema, status: writableStatusSchema }

export const replaceUserSchema = byIdSchema.extend({ ...writableFields, version: versionSchema.optional() })

export const updateUserSchema = byIdSchema
  .extend(z.object(writableFields).partial().shape)
  .extend({ version: versionSchema.optional() })

export type User = z.output<typeof userSchema>
export type AccountExport = z.output<typeof accountExportSchema>
export type UserStatus = z.output<typeof userStatusSchema>
export type UpdateMe = z.output<typeof updateMeSchema>
export type RemoveMe = z.output<typeof removeMeSchema>
export type ListUsers = z.output<typeof listUsersSchema>
export type CreateUser = z.output<typeof createUserSchema>
export type UpdateUser = z.output<typeof updateUserSchema>
