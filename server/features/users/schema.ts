import { z } from 'zod'
import { byIdSchema, idSchema, oneLine, originOutput, passwordSchema, versionSchema } from '../../core/fields/schema.js'
import { limitSchema, offsetPageOf, pageNumberSchema } from '../../core/pagination/schema.js'
import { profileFields, profileOutput } from './profile/schema.js'

// The local part as most providers assign it; labels of 1 to 63 letters, digits and inner hyphens (RFC 1035 section
// 2.3.1); a top-level domain in letters or in its ASCII form (RFC 5890 section 2.3.2.1).
const address =
  /^(?=[^@]{1,64}@)(?!\.)(?!.*\.\.)[\w'+.-]*[\w+-]@([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+([a-z]{2,63}|xn--[a-z0-9-]{0,58}[a-z0-9])$/

/**
 * An address, trimmed and in lower case, within the limits of RFC 5321 section 4.5.3.1: 64 octets before the @, 254 in
 * total. Quoted local parts and comments are rejected.
 */
export const emailSchema = oneLine()
  .refine(isAscii, 'An address is written in ASCII.')
  .trim()
  .toLowerCase()
  .max(254)
  .pipe(z.email({ pattern: address }))
  .meta({ format: 'email', examples: ['ada@example.com'] })

// Before it is lower-cased, because that turns the Kelvin sign into a k.
function isAscii(text: string): boolean {
  return /^\p{ASCII}*$/u.test(text)
}

/** An address in outputs. */
export const emailOutput = z.string().max(254).meta({ format: 'email' })

const roleSchema = z.enum(['user', 'admin']).meta({ id: 'Role' })

/** The values that an admin may set; `deleted` is set by removing. */
const writableStatusSchema = z.enum(['active', 'disabled'])

const userStatusSchema = z.enum(['active', 'disabled', 'deleted']).meta({ id: 'UserStatus' })

export const userSchema = z
  .object({
    id: idSchema,
    email: emailOutput,
    ...profileOutput,
    role: roleSchema,
    status: userStatusSchema,
    emailVerifiedAt: z.date().nullable(),
    createdAt: z.date(),
    updatedAt: z.date(),
    version: versionSchema,
  })
  .meta({ id: 'User', description: 'An account.' })

export const userPageSchema = offsetPageOf(userSchema)

export const updateMeSchema = z.strictObject(profileFields).partial().extend({ version: versionSchema.optional() })

export const removeMeSchema = z.strictObject({ password: passwordSchema })

export const listUsersSchema = z.strictObject({
  page: pageNumberSchema,
  limit: limitSchema,
  q: oneLine().trim().max(200).optional().describe('Text to find in a name or an email address.'),
  role: roleSchema.optional(),
  status: userStatusSchema.optional(),
  sort: z.enum(['createdAt', 'name', 'email']).default('createdAt'),
  order: z.enum(['asc', 'desc']).optional(),
})

export const createUserSchema = z.strictObject({
  email: emailSchema,
  ...profileFields,
  role: roleSchema.default('user'),
})

/** The maximum number of entries of a kind in the export of an account. */
export const exportedMax = 10_000

/** The reason for which a session or a key ended: the type of an event, or a code. */
const endReasonSchema = z.string().max(100).nullable()

/** The stored data about an account. Rows of resources are those of their tables, without internal columns. */
export const accountExportSchema = z
  .object({
    exportedAt: z.date(),
    isComplete: z
      .boolean()
      .describe('False if the data exceeds what one document can hold. The oldest entries are then omitted.'),
    account: userSchema,
    sessions: exportedRows('ExportedSession', {
      id: idSchema,
      createdAt: z.date(),
      lastUsedAt: z.date(),
      expiresAt: z.date(),
      endedAt: z.date().nullable(),
      endReason: endReasonSchema,
      ip: originOutput.ip,
      userAgent: originOutput.userAgent,
    }),
    apiKeys: exportedRows('ExportedApiKey', {
      id: idSchema,
      name: z.string().max(100),
      scopes: z.array(z.string().max(100)).max(100),
      start: z.string().max(64),
      createdAt: z.date(),
      lastUsedAt: z.date().nullable(),
      expiresAt: z.date().nullable(),
      endedAt: z.date().nullable(),
      endReason: endReasonSchema,
    }),
    links: exportedRows('ExportedLink', {
      kind: z.string().max(100),
      email: emailOutput.nullable(),
      createdAt: z.date(),
      expiresAt: z.date(),
      usedAt: z.date().nullable(),
    }).describe('Links that were sent by mail, without their tokens. `email` is the address of a pending change.'),
    mails: exportedRows('ExportedMail', {
      template: z.string().max(100),
      to: emailOutput,
      status: z.string().max(100),
      createdAt: z.date(),
      sentAt: z.date().nullable(),
    }),
    idempotencyKeys: exportedRows('ExportedIdempotencyKey', {
      procedure: z.string().max(200),
      key: z.string().max(255),
      createdAt: z.date(),
      expiresAt: z.date(),
    }).describe('The keys of recent requests. What those requests created is listed elsewhere.'),
    auditEvents: exportedRows('ExportedAuditEvent', {
      type: z.string().max(100),
      actorId: idSchema.nullable(),
      userId: idSchema.nullable(),
      ip: originOutput.ip.nullable(),
      userAgent: originOutput.userAgent.nullable(),
      data: z.unknown(),
      createdAt: z.date(),
    }),
    resources: z
      .record(
        z.string().max(100),
        z.array(z.record(z.string().max(100), z.unknown()).meta({ id: 'ExportedRow' })).max(exportedMax),
      )
      .describe('The stored rows, grouped by resource.'),
  })
  .meta({ id: 'AccountExport', description: 'The data that is stored about an account.' })

function exportedRows<Shape extends z.core.$ZodLooseShape>(id: string, shape: Shape) {
  return z.array(z.object(shape).meta({ id })).max(exportedMax)
}

export const invitationSentSchema = z.object({ status: z.literal('invitation_sent') }).meta({ id: 'InvitationSent' })

const writableFields = { email: emailSchema, ...profileFields, role: roleSchema, status: writableStatusSchema }

export const replaceUserSchema = byIdSchema.extend({ ...writableFields, version: versionSchema.optional() })

export const updateUserSchema = byIdSchema
  .extend(z.object(writableFields).partial().shape)
  .extend({ version: versionSchema.optional() })

/** The types of events that this feature records in the audit trail. */
export const userEvents = [
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
] as const

export type User = z.output<typeof userSchema>
export type AccountExport = z.output<typeof accountExportSchema>
export type UserStatus = z.output<typeof userStatusSchema>
export type UpdateMe = z.output<typeof updateMeSchema>
export type RemoveMe = z.output<typeof removeMeSchema>
export type ListUsers = z.output<typeof listUsersSchema>
export type CreateUser = z.output<typeof createUserSchema>
export type UpdateUser = z.output<typeof updateUserSchema>
