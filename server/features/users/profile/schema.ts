import { z } from 'zod'
import { oneLine } from '../../../core/fields/schema.js'

// A visible character: a letter, digit, sign or symbol that is not blank (U+2800, U+FFFC, U+1D159) and that renderers
// do not ignore, such as fillers and joiners.
const visible = /(?![\p{Default_Ignorable_Code_Point}\u2800\ufffc\u{1d159}])[\p{L}\p{N}\p{P}\p{S}]/u

// Controls that change the direction of the surrounding text, and tags, which hide text.
const deceptive = /[\p{Bidi_Control}\u206a-\u206f\ufff9-\ufffb\u{e0000}-\u{e007f}]/u

/** The name of a person, in any script. Joiners inside a name and emoji are allowed. */
const nameSchema = oneLine()
  .refine((text) => !deceptive.test(text), 'Characters that turn or hide text are not allowed.')
  .refine((text) => text.trim() === '' || visible.test(text), 'A name has to show something.')
  .trim()
  .min(1)
  .max(100)
  .meta({ examples: ['Ada Okafor'] })

/**
 * What users say about themselves, in the inputs of registration, invitations and changes. A column for it is added here,
 * in each of the five exports, and to the models User and Registration. Registrations, accounts and their views read it
 * from here.
 */
export const profileFields = { name: nameSchema }

/** The same in outputs. Stored values may be older than the rules for inputs, so a bound is never lowered here. */
export const profileOutput = { name: z.string().max(100) }

/** The columns, for Prisma. */
export const profileColumns = { name: true } as const

/** What replaces the profile of an erased account. */
export const erasedProfile = { name: 'Erased user' }

export type Profile = z.output<z.ZodObject<typeof profileOutput>>

/** The profile in a row, or in an input. */
export function profileOf({ name }: z.output<z.ZodObject<typeof profileFields>>): Profile {
  return { name }
}
