import { parseArgs } from 'node:util'
import { RemedyError } from '../../core/remedy-error.js'
import { codeOf } from '../../core/unknown-values.js'
import { kebabOf, type Noun, nounOf } from './words.js'

/** What the command was asked to write. */
export interface ResourceRequest {
  noun: Noun
  /** The singular of the parent, in lower case with hyphens. */
  parent: string | undefined
  /** The field from which the slug is made. */
  by: string | undefined
}

const usage = `Usage: npm run new -- NOUN [--parent NOUN] [--by FIELD] [--plural NOUNS]
  npm run new -- note                          notes at /notes
  npm run new -- reply --parent comment        replies at /comments/{commentId}/replies
  npm run new -- article --by title            articles at /articles/{slug}, with a slug of their title
  npm run new -- person --plural people        for an irregular plural`

/**
 * Reads the arguments of the command.
 *
 * @throws RemedyError for words that cannot become names
 */
export function readRequest(args: string[]): ResourceRequest {
  const { values, positionals } = parse(args)
  const [noun, ...rest] = positionals
  if (noun === undefined || rest.length > 0) throw new RemedyError(usage)
  for (const word of [noun, values.plural, values.parent]) if (word !== undefined) expectNoun(word)
  const { by } = values
  if (by !== undefined && !/^[a-z][A-Za-z0-9]{0,39}$/.test(by)) {
    throw new RemedyError(`"${by}" is no name of a field. Write it as in code: title, or displayName.`)
  }
  const forms = nounOf(kebabOf(noun), values.plural && kebabOf(values.plural))
  if (forms.plural.kebab === forms.singular.kebab) {
    throw new RemedyError(`The plural of ${noun} must differ from it, because both are names. Give one with --plural.`)
  }
  return { noun: forms, parent: values.parent && kebabOf(values.parent), by }
}

const options = { parent: { type: 'string' }, by: { type: 'string' }, plural: { type: 'string' } } as const

function parse(args: string[]) {
  try {
    return parseArgs({ args, allowPositionals: true, options })
  } catch (error) {
    if (!codeOf(error).startsWith('ERR_PARSE_ARGS')) throw error
    throw new RemedyError(usage, { cause: error })
  }
}

function expectNoun(word: string): void {
  if (/^[a-z][a-z0-9]*(-[a-z][a-z0-9]*)*$/.test(kebabOf(word)) && word.length <= 40) return
  throw new RemedyError(`"${word}" is no name. Use a noun of letters, digits and hyphens, such as blog-entry.`)
}
