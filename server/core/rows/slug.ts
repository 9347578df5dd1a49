import { violatedIndex } from '../database/errors.js'
import { randomText } from '../random-text.js'

const lettersMax = 80
const suffixLetters = '23456789abcdefghjkmnpqrstuvwxyz'
const suffixLength = 6
const attemptsMax = 5

interface Slugged {
  /** The text from which the slug is made, such as a title. */
  text: string
  /** The unique index of the slug, by its name in PostgreSQL: `Article_slug_key`. */
  index: string
}

/**
 * Writes a row with a slug that no other row has. The index decides what is free, so that of two rows which are written
 * at the same time only one gets the plain slug; the next attempts add random letters.
 *
 * @param write writes the row. Inside of a transaction the first rejection would end it, so it contains the transaction
 */
export async function writeWithSlug<Row>(
  { text, index }: Slugged,
  write: (slug: string) => Promise<Row>,
): Promise<Row> {
  const plain = slugOf(text)
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await write(attempt === 1 ? plain : `${plain}-${randomText(suffixLetters, suffixLength)}`)
    } catch (error) {
      if (attempt === attemptsMax || violatedIndex(error) !== index) throw error
    }
  }
}

/** The words of a text in lower case and without accents, with hyphens between them. Letters of every script are kept. */
export function slugOf(text: string): string {
  const words = text
    .normalize('NFKD')
    .replaceAll(/[\u0300-\u036f]/g, '')
    .toLowerCase()
    .match(/[\p{L}\p{N}\p{M}]+/gu)
  const slug = (words ?? []).join('-').normalize('NFC')
  return [...slug].slice(0, lettersMax).join('').replace(/-$/, '') || 'untitled'
}
