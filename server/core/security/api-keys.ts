import { crc32 } from 'node:zlib'
import { randomText } from '../random-text.js'

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
/** 190 bits. */
const secretLength = 32
/** The CRC-32 of what stands before it, in the same alphabet. */
const checksumLength = 6
const shownLength = 4

export type ApiKeys = ReturnType<typeof createApiKeys>

/**
 * API keys: `prefix_` and 38 letters and digits, of which the last six are a checksum. Scanners for leaked secrets find
 * them by their form, and a mistyped key is recognized without a query.
 *
 * @param prefix the name of the application
 */
export function createApiKeys(prefix: string) {
  const start = `${prefix}_`
  const wellFormed = new RegExp(`^${start}[0-9A-Za-z]{${secretLength + checksumLength}}$`)
  return {
    create(): string {
      const secret = randomText(alphabet, secretLength)
      return start + secret + checksumOf(start + secret)
    },

    /** Whether a token is meant as an API key, valid or not. */
    isKey: (token: string): boolean => token.startsWith(start),

    /** Whether a key has the form and the checksum of one. */
    isWellFormed(key: string): boolean {
      return wellFormed.test(key) && key.endsWith(checksumOf(key.slice(0, -checksumLength)))
    },

    /** The first characters of a key, by which its owner recognizes it. */
    startOf: (key: string): string => key.slice(0, start.length + shownLength),
  }
}

function checksumOf(text: string): string {
  let rest = crc32(text)
  let digits = ''
  while (digits.length < checksumLength) {
    digits = (alphabet[rest % alphabet.length] ?? '') + digits
    rest = Math.floor(rest / alphabet.length)
  }
  return digits
}
