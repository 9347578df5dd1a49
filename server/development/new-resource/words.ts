/** The forms of a noun in code, paths and prose. */
export interface Noun {
  singular: Forms
  plural: Forms
}

interface Forms {
  /** `blogEntry` */
  camel: string
  /** `BlogEntry` */
  pascal: string
  /** `blog-entry` */
  kebab: string
  /** `blog entry` */
  prose: string
}

/**
 * The forms of a noun.
 *
 * @param singular in lower case, with hyphens between words: `blog-entry`
 * @param plural where it is not the regular one
 */
export function nounOf(singular: string, plural = regularPlural(singular)): Noun {
  return { singular: formsOf(singular), plural: formsOf(plural) }
}

/** The word of code as it is given to the command: `blogEntry` becomes `blog-entry`. */
export function kebabOf(word: string): string {
  return word.replaceAll(/(?<=[a-z0-9])[A-Z]/g, (letter) => `-${letter}`).toLowerCase()
}

function formsOf(kebab: string): Forms {
  const pascal = kebab
    .split('-')
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join('')
  return {
    kebab,
    pascal,
    camel: pascal.charAt(0).toLowerCase() + pascal.slice(1),
    prose: kebab.replaceAll('-', ' '),
  }
}

function regularPlural(singular: string): string {
  if (/[^aeiou]y$/.test(singular)) return singular.replace(/y$/, 'ies')
  return /(s|x|z|ch|sh)$/.test(singular) ? `${singular}es` : `${singular}s`
}

/**
 * Replaces the words of a template, each by the forms of a noun, in code, in paths and in prose.
 *
 * @param nouns by the singular of the template, in lower case
 */
export function replaceWords(text: string, nouns: Readonly<Record<string, Noun>>): string {
  const isProse = proseOf(text)
  const names = Object.keys(nouns).join('|')
  const pattern = new RegExp(`(\\b[Aa]n? )?((?<![a-z])(?:${names})|(?:${capitalized(names)}))(s?)(?![a-z])`, 'g')
  return text.replaceAll(pattern, (match: string, article: string | undefined, word: string, s: string, at: number) => {
    const noun = nouns[word.toLowerCase()]
    if (!noun) return match
    const place = { before: text[at - 1] ?? '', after: text.slice(at + match.length), isProse: isProse(at) }
    const form = formAt(
      s ? noun.plural : noun.singular,
      word,
      article === undefined ? place : { ...place, before: ' ' },
    )
    return article === undefined ? form : `${articleOf(article, form)} ${form}`
  })
}

interface Place {
  before: string
  after: string
  isProse: boolean
}

function formAt(forms: Forms, word: string, { before, after, isProse }: Place): string {
  const isCapital = /^[A-Z]/.test(word)
  const isWord = !/\w/.test(before) && !/^\w/.test(after)
  if (isWord && isProse) return isCapital ? forms.prose.charAt(0).toUpperCase() + forms.prose.slice(1) : forms.prose
  if (isCapital) return forms.pascal
  return before === '/' || after.startsWith('.test') ? forms.kebab : forms.camel
}

function articleOf(article: string, form: string): string {
  const hasVowel = /^([aio]|e(?!u)|u(?!ni|s[aeiu]|r[aeiou]|t[aeiou]))/i.test(form)
  return article.charAt(0) + (hasVowel ? 'n' : '')
}

function capitalized(names: string): string {
  return names.replaceAll(/\b[a-z]/g, (letter) => letter.toUpperCase())
}

/** Tells which places of a text are prose: comments, and strings that contain a space. */
function proseOf(text: string): (at: number) => boolean {
  const spans = [...text.matchAll(/\/\*[^]*?\*\/|\/\/ .*|'[^'\n]*'/g)]
    .filter(([span]) => span.includes(' '))
    .map(({ index, 0: span }) => [index, index + span.length])
  return (at) => spans.some(([start = 0, end = 0]) => at >= start && at < end)
}
