import { commonPasswords } from './common-passwords.js'

export interface PasswordOwner {
  email: string
  name: string
}

const shortestWord = 3
/** The number of characters of an address or a name that are checked; the schemas allow no more. */
const longestOwnText = 254
/** A password that has at most this many letters beside such words is rejected. */
const fewLetters = 4
// A longer pattern is not among the first guesses of an attacker.
const longestPattern = 40
const sequences = [
  '01234567890',
  'abcdefghijklmnopqrstuvwxyz',
  'qwertyuiop',
  'asdfghjkl',
  'zxcvbnm',
  'qazwsxedcrfvtgbyhnujmikolp',
]

type Disguise = Readonly<Record<string, string>>
const leet: Disguise = { '0': 'o', '1': 'i', '3': 'e', '4': 'a', '5': 's', '7': 't', '@': 'a', $: 's', '!': 'i' }
const disguises: readonly Disguise[] = [{}, leet, { ...leet, '1': 'l' }]

/**
 * Whether a password is among the first guesses of an attacker: a leaked one, a repetition, a sequence of keys on the
 * keyboard, or words of the application or the owner, with padding and substitutions. The work is linear in the length
 * of the password. NIST SP 800-63B section 3.1.1.2, OWASP ASVS 6.2.4, 6.2.5 and 6.2.11.
 */
export function isCommonPassword(password: string, owner: PasswordOwner, application: string): boolean {
  const lower = password.toLowerCase()
  if (isListed(lower) || isListed(withoutPadding(lower))) return true
  if (lower.length <= longestPattern && (isRepetition(lower) || isWalk(lower))) return true
  const words = ownWords(owner, application)
  return disguises.some((disguise) => isMadeOf(lower, words, disguise))
}

function isListed(text: string): boolean {
  const listed = commonPasswords()
  return listed.has(text) || listed.has(undoLeet(text))
}

function undoLeet(text: string): string {
  return text.replace(/[013457@$!]/g, (character) => leet[character] ?? character)
}

/** Removes digits and signs before the first letter and after the last one. */
function withoutPadding(text: string): string {
  const characters = [...text]
  return characters.slice(characters.findIndex(isLetter), characters.findLastIndex(isLetter) + 1).join('')
}

function isLetter(character: string): boolean {
  return /^\p{L}/u.test(character)
}

function isRepetition(text: string): boolean {
  const longestUnit = Math.min(8, Math.floor(text.length / 2))
  const units = Array.from({ length: longestUnit }, (_, index) => index + 1)
  return units.some((unit) => text.slice(unit) === text.slice(0, -unit))
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

/** Longest first: the whole address and name, and their parts, with and without separators. */
function ownWords({ email, name }: PasswordOwner, application: string): string[] {
  const [address, fullName] = [email, name].map((text) => text.slice(0, longestOwnText).normalize('NFC').toLowerCase())
  const texts = [address, ...(address?.split('@') ?? []), fullName, application.toLowerCase()].filter(
    (text) => text !== undefined,
  )
  const words = texts.flatMap((text) => [text.replace(/[^\p{L}]/gu, ''), ...text.split(/[^\p{L}]+/u)])
  const distinct = new Set(words.filter(({ length }) => length >= shortestWord))
  return [...distinct].toSorted((a, b) => b.length - a.length)
}

/**
 * Whether few letters, or a common password, remain after the words are removed. Digits and signs count as padding,
 * except those that replace a letter of a word.
 */
function isMadeOf(text: string, words: readonly string[], disguise: Disguise): boolean {
  const characters = [...text].filter((character) => isLetter(character) || disguise[character] !== undefined)
  const spelled = characters.map((character) => disguise[character] ?? character).join('')
  const cut = words.reduce((left, word) => left.replaceAll(word, ' '.repeat([...word].length)), spelled)
  const gaps = [...cut].map((character) => character === ' ')
  const rest = characters.filter((character, index) => !gaps[index] && isLetter(character))
  return (gaps.includes(true) && rest.length <= fewLetters) || isListed(rest.join(''))
}
