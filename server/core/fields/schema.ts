import { z } from 'zod'
import { describeIssue } from './messages/schema.js'

z.config({ localeError: describeIssue })

/** The id of a row: a UUID in its usual notation, converted to lower case. */
export const idSchema = z.guid().toLowerCase()

/** The version that a change is based on. A change of an outdated version is rejected. */
export const versionSchema = z.int().min(1).max(2_147_483_647)

/** The maximum lengths of what is stored about the origin of a request. Longer values are cut when they are read. */
export const originMax = { ip: 64, userAgent: 255, requestId: 64 } as const

/** The origin of a request in outputs. */
export const originOutput = {
  ip: z.string().max(originMax.ip),
  userAgent: z.string().max(originMax.userAgent),
  requestId: z.string().max(originMax.requestId),
}

/** Identifies one row. */
export const byIdSchema = z.strictObject({ id: idSchema })

/** Identifies one row and optionally its version. */
export const byIdAndVersionSchema = byIdSchema.extend({ version: versionSchema.optional() })

// Cc: control characters, Cs: lone surrogates, Zl and Zp: separators that some programs treat as line breaks.
const breaksLine = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u

/** Text on one line, without control characters, neither trimmed nor limited. Checked before anything is trimmed. */
export function oneLine() {
  return z.string().refine((text) => !breaksLine.test(text), 'Control characters and line breaks are not allowed.')
}

/** The slug of a row, as it is looked up. `slugOf` makes slugs. */
const slugSchema = oneLine().min(1).max(100)

/**
 * Identifies one row by its slug.
 *
 * @public for features whose rows have one
 */
export const bySlugSchema = z.strictObject({ slug: slugSchema })

/**
 * Identifies one row by its slug, and optionally its version.
 *
 * @public for features whose rows have one
 */
export const bySlugAndVersionSchema = bySlugSchema.extend({ version: versionSchema.optional() })

export type ById = z.output<typeof byIdSchema>
export type ByIdAndVersion = z.output<typeof byIdAndVersionSchema>
/** @public for features whose rows have a slug */
export type BySlug = z.output<typeof bySlugSchema>
/** @public for features whose rows have a slug */
export type BySlugAndVersion = z.output<typeof bySlugAndVersionSchema>

const unstorable = /[^\P{Cc}\n\r\t]|\p{Cs}/u

/**
 * Multi-line text, without control characters other than line breaks and tabs.
 *
 * @public for the texts of features, also if there is none
 */
export function manyLines() {
  return z.string().refine((text) => !unstorable.test(text), 'Control characters are not allowed.')
}

/**
 * A password as it is sent. Lone surrogates are rejected, because all of them have the same bytes in UTF-8. The service
 * checks the policy for new passwords, which depends on the settings.
 */
export const passwordSchema = z
  .string()
  .min(1)
  .max(1024)
  .refine((text) => !/\p{Cs}/u.test(text), 'Half a character is not allowed.')
  .meta({ format: 'password', examples: ['correct horse battery staple'] })
