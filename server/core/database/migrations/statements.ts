/** One statement of an SQL script, with the comments before it. */
export interface Statement {
  text: string
  /**
   * The same length as `text`, with blanks in place of comments, texts and function bodies, and letters in place of
   * quoted names. Its words are those of the SQL itself.
   */
  words: string
  /** The line of its first word in the script, counted from 1. */
  line: number
  /** The place of `text` in the script. */
  start: number
}

// Comments, texts with and without backslashes, quoted names, dollar-quoted texts, and the end of a statement.
const parts =
  /--[^\n]*|\/\*[^]*?(?:\*\/|$)|\b[eE]'(?:\\[^]|''|[^'\\])*'|'(?:''|[^'])*'|"(?:""|[^"])*"|(?<!\w)\$(\w*)\$[^]*?\$\1\$|;/g

/** Splits a script at the semicolons that end statements. What follows the last one counts if it has a word. */
export function readStatements(script: string): Statement[] {
  const blanked = script.replace(parts, (part) => (part === ';' ? part : hide(part)))
  const statements: Statement[] = []
  let start = 0
  for (const piece of blanked.split(';')) {
    const text = script.slice(start, start + piece.length)
    const line = script.slice(0, start + piece.search(/\S/)).split('\n').length
    if (piece.trim()) statements.push({ text, words: piece, line, start })
    start += piece.length + 1
  }
  return statements
}

function hide(part: string): string {
  return part.replaceAll(/[^\n]/g, part.startsWith('"') ? 'x' : ' ')
}
