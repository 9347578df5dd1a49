import { z } from 'zod'

/** A row's id: a UUID in its usual notation, brought to lower case. */
export const idSchema = z.guid('This is no UUID.').toLowerCase()

/** The version a change was based on. A change that names an old one is refused. */
export const versionSchema = z.int().min(1).max(2_147_483_647)

/** Names one row. */
export const byIdSchema = z.strictObject({ id: idSchema })

/** Names one row and, if wanted, the version that is meant. */
export const byIdAndVersionSchema = byIdSchema.extend({ version: versionSchema.optional() })

// Cc: control characters, Cs: half of a character, Zl and Zp: separators that some programs take for a line break.
const breaksLine = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u

/** Text on one line, without control characters, not trimmed and not bounded. Looked at before anything is trimmed. */
export function oneLine() {
  return z.string().refine((text) => !breaksLine.test(text), 'Control characters and line breaks are not allowed.')
}

/**
 * A password as it is sent. Half a character (a lone surrogate) is refused: all of them are the same once they are
 * bytes. The policy for new ones is the service's, which knows the settings.
 */
export const passwordSchema = z
  .string()
  .min(1)
  .max(1024)
  .refine((text) => !/\p{Cs}/u.test(text), 'Half a character is not allowed.')
  .meta({ format: 'password', examples: ['correct horse battery staple'] })
