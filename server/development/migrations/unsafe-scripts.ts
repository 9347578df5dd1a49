import { readStatements } from '../../core/database/migrations/statements.js'
import { findUnsafe } from './unsafe.js'

/**
 * Takes the indexes of existing tables out of a script of Prisma's engine, because building them stops writes unless it is
 * done concurrently, which PostgreSQL refuses together with other statements.
 *
 * @returns the rest of the script, unless nothing is left, and a script for each of these indexes
 */
export async function separateIndexes(script: string): Promise<string[]> {
  const blocking = (await findUnsafe(script)).filter(({ rule }) => rule === 'require-concurrent-index-creation')
  if (blocking.length === 0) return [script]
  const starts = new Set(blocking.map(({ statement }) => statement.start))
  const texts = readStatements(script).map(({ text, start }) => ({
    text: `${text.trim()};\n`,
    isIndex: starts.has(start),
  }))
  const rest = texts.filter(({ isIndex }) => !isIndex).map(({ text }) => text)
  const indexes = texts.filter(({ isIndex }) => isIndex).map(({ text }) => buildConcurrently(text))
  return [...(rest.length > 0 ? [rest.join('\n')] : []), ...indexes]
}

function buildConcurrently(text: string): string {
  return text.replace(/^CREATE (UNIQUE )?INDEX /m, (words) => `${words}CONCURRENTLY `)
}

/**
 * Writes a comment before each unsafe statement, with its rule and the reason for the exception. Without one, the comment
 * has a place for it.
 *
 * @returns the script with the comments, and a line for each of them
 */
export async function nameUnsafe(script: string, reason = ''): Promise<{ text: string; unsafe: string[] }> {
  const found = await findUnsafe(script)
  const lines = script.split('\n').flatMap((text, index) => {
    const here = found.filter(({ statement }) => statement.line === index + 1)
    return [...here.map(({ rule }) => `-- unsafe: ${rule}: ${reason}`.trimEnd()), text]
  })
  return { text: lines.join('\n'), unsafe: found.map(({ rule, explanation }) => `${rule}: ${explanation}`) }
}
