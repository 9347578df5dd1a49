import { commonPasswords } from './common-passwords.js'

export interface PasswordOwner {
  email: string
  name: string
}

const productWords = ['plinth']
// Patterns that go on for longer are not among the first that anyone tries.
const longestPattern = 40
const sequences = [
  '01234567890',
  'abcdefghijklmnopqrstuvwxyz',
  'qwertyuiop',
  'asdfghjkl',
  'zxcvbnm',
  'qazwsxedcrfvtgbyhnujmikolp',
]
const leet: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'i',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '@': 'a',
  $: 's',
  '!': 'i',
}

/**
 * Whether a password is among the first that an attacker tries: a leaked one, one that repeats itself, a walk over the
 * keyboard, or no more than two common words, the product's or the owner's, however padded, repeated and disguised.
 * NIST SP 800-63B section 3.1.1.2, OWASP ASVS 6.2.4 and 6.2.5.
 */
export function isCommonPassword(password: string, owner: PasswordOwner): boolean {
  const { listed, words } = commonPasswords()
  const lower = password.toLowerCase()
  if (listed.has(lower) || listed.has(undoLeet(lower))) return true
  if (lower.length <= longestPattern && (isRepetition(lower) || isWalk(lower))) return true
  const weak = new Set([...productWords, ...ownWords(owner)])
  return spellings(lower).some((letters) => isMadeOf(letters, (word) => weak.has(word) || words.has(word)))
}

function undoLeet(text: string): string {
  return text.replace(/[013457@$!]/g, (character) => leet[character] ?? character)
}

function isRepetition(text: string): boolean {
  const longestUnit = Math.min(8, Math.floor(text.length / 2))
  return range(1, longestUnit).some((unit) => text.slice(unit) === text.slice(0, -unit))
}

function isWalk(text: string): boolean {
  const steps = [...sequences, ...sequences.map((sequence) => [...sequence].toReversed().join(''))]
  let at = 0
  while (at < text.length) {
    const run = longestRun(text, at, steps)
    if (run < 3) return false
    at += run
  }
  return true
}

function longestRun(text: string, at: number, steps: readonly string[]): number {
  const same = /^(.)\1*/su.exec(text.slice(at))?.[0].length ?? 1
  let run = same
  while (at + run < text.length && steps.some((step) => step.includes(text.slice(at, at + run + 1)))) run += 1
  return run
}

// The owner's address and name count whole and in parts, with and without what stands between the parts.
function ownWords({ email, name }: PasswordOwner): string[] {
  const [local = '', domain = ''] = email.toLowerCase().split('@')
  const wholes = [email, local, domain, name].map((text) => lettersOf(text.toLowerCase()))
  const parts = `${local} ${domain} ${name}`.toLowerCase().split(/[^\p{L}]+/u)
  return [...wholes, ...parts].filter((word) => word.length >= 3)
}

function spellings(text: string): string[] {
  const core = text.replace(/^[\d\W_]+|[\d\W_]+$/gu, '')
  return [lettersOf(text), lettersOf(undoLeet(core)), lettersOf(undoLeet(core.replaceAll('1', 'l')))]
}

function lettersOf(text: string): string {
  return text.replace(/[^\p{L}]/gu, '')
}

/** Whether the letters are at most two different words, each any number of times, in any order. */
function isMadeOf(letters: string, isWord: (text: string) => boolean, used: readonly string[] = []): boolean {
  if (letters === '') return used.length > 0
  const known = used.length < 2 ? range(3, letters.length).map((length) => letters.slice(0, length)) : used
  return known.some((word) => {
    if (!letters.startsWith(word) || !(used.includes(word) || isWord(word))) return false
    return isMadeOf(letters.slice(word.length), isWord, used.includes(word) ? used : [...used, word])
  })
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index)
}
