import { z } from 'zod'
import { byIdSchema, idSchema, oneLine } from '../../core/fields/schema.js'

/** What a key may be allowed to do. Each procedure that keys may call declares one of these in its `meta`. */
const scopes = {
  readPosts: 'posts:read',
  writePosts: 'posts:write',
  readUsers: 'users:read',
} as const

export const scopeSchema = z
  .enum(scopes)
  .meta({ id: 'Scope' })
  .describe('`<resource>:read` allows reading, and `<resource>:write` creating, changing and deleting.')

const apiKeySchema = z
  .object({
    id: idSchema,
    name: z.string().max(100),
    scopes: z.array(z.string().max(100)).max(100),
    start: z.string().max(64).describe('The first characters of the key, by which you recognize it.'),
    expiresAt: z.date().nullable(),
    lastUsedAt: z.date().nullable().describe('Accurate to the minute.'),
    createdAt: z.date(),
  })
  .meta({ id: 'ApiKey', description: 'A credential with which a program acts for a user, within its scopes.' })

/** The maximum number of a user's keys that have neither ended nor expired. */
export const apiKeysMax = 20

export const apiKeyListSchema = z.array(apiKeySchema).max(apiKeysMax)

export const createdApiKeySchema = apiKeySchema
  .extend({ key: z.string().max(128).describe('The key. No later response contains it.') })
  .meta({ id: 'CreatedApiKey', description: 'A new API key, with the key itself.' })

const isoTime = z.iso.datetime({ offset: true })

/** A time in an input: a `Date` over tRPC, or text in ISO 8601 with its offset, as in JSON. */
const timeSchema = z.preprocess(
  (value: Date | string) => (isoTime.safeParse(value).success ? new Date(value) : value),
  z.date().max(new Date('9999-12-31T23:59:59.999Z')),
)

export const createApiKeySchema = z.strictObject({
  name: oneLine()
    .trim()
    .min(1)
    .max(100)
    .meta({ examples: ['Nightly import'] }),
  scopes: z
    .array(scopeSchema)
    .min(1)
    .max(scopeSchema.options.length)
    .refine((given) => new Set(given).size === given.length, 'Name each scope once.'),
  expiresAt: timeSchema.optional().describe('A time in the future. A key without it does not expire.'),
})

export const revokeApiKeySchema = byIdSchema

/** The events of API keys in the audit trail. */
export const apiKeyEvents = ['api_key.created', 'api_key.revoked'] as const

export type ApiKey = z.output<typeof apiKeySchema>
export type CreatedApiKey = z.output<typeof createdApiKeySchema>
export type CreateApiKey = z.output<typeof createApiKeySchema>
export type RevokeApiKey = z.output<typeof revokeApiKeySchema>
