import type { Random } from '../random.js'

/** A kind of text of any length: `write(8)` has 8 UTF-16 units. */
export interface TextKind {
  name: string
  write(length: number): string
}

/** Repeats a unit, and ends with what makes a pattern backtrack. */
function run(unit: string, end = ''): TextKind['write'] {
  return (length) => {
    const body = unit.repeat(Math.max(0, Math.ceil((length - end.length) / unit.length)))
    return (body.slice(0, Math.max(0, length - end.length)) + end).slice(0, length)
  }
}

/** Texts that are known to be expensive for patterns, searches, trimming and case conversion. */
export const textKinds: readonly [TextKind, ...TextKind[]] = [
  { name: 'aaa...b', write: run('a', 'b') },
  { name: 'spaces', write: run(' ', 'x') },
  { name: 'tabs', write: run('\t', 'x') },
  { name: 'dashes', write: run('-', ' word') },
  { name: 'quotes', write: run('"', 'word') },
  { name: 'joined by or', write: run('post or garden or word or kind or many or ') },
  { name: 'left out', write: run('-a ', 'word') },
  { name: 'brackets', write: run('(', 'word') },
  { name: 'at signs', write: run('a@', 'example.com') },
  { name: 'labels', write: (length) => `a@${run('a.', 'com')(length - 2)}` },
  { name: 'local parts', write: (length) => `${run('a.', 'a')(length - 12)}@example.com` },
  { name: 'wildcards', write: run('%_', '\\') },
  { name: 'digits', write: run('9') },
  { name: 'marks', write: run('e\u0301\u0323') },
  { name: 'long lower case', write: run('\u0130') },
  { name: 'sharp s', write: run('\u00df', 'K') },
  { name: 'pictures', write: run('\u{1f469}\u200d') },
  { name: 'escapes', write: run('\\u0000') },
  { name: 'base64', write: run('eyJhIjoxfQ') },
]

/** A kind of password, with the words of its owner: a combination that almost fits. */
export interface OwnWords extends TextKind {
  email: string
  displayName: string
}

/** Passwords of the sender's own address and name, which a check for such words must process. */
export function ownWords(random: Random): OwnWords {
  const letters = random.shuffle([...'abcdehkmnorstuw'])
  const size = 1 + random.below(2)
  const unit = letters.slice(0, size).join('')
  const words = [3, 4, 5].map((times) => unit.repeat(times))
  return {
    name: `own words (${unit})`,
    email: `${words.join('.')}@${words[0]}.example`,
    displayName: words.join(' '),
    write: run(unit, letters.at(-1)),
  }
}
