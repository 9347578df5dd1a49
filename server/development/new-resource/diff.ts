/** A part of a diff: what follows `@@` in its first line, and its lines. */
export interface Hunk {
  heading: string
  text: string
}

/** Reads a diff of one file without line numbers. A first hunk without a heading needs no `@@`. */
export function readDiff(diff: string): { file: string; hunks: Hunk[] } {
  const [, file = '', body = ''] = /^\+\+\+ (.*)\n([^]*)$/m.exec(diff) ?? []
  const hunks = (body.startsWith('@@') ? body : `@@\n${body}`).split(/^@@ ?/m).slice(1)
  return {
    file,
    hunks: hunks.map((hunk) => {
      const end = hunk.indexOf('\n')
      return { heading: hunk.slice(0, end), text: hunk.slice(end + 1) }
    }),
  }
}

/**
 * Applies hunks to a text. What each of them changes must be in the text just once.
 *
 * @param name of the text, for the error
 * @throws Error for a hunk that does not fit
 */
export function applyHunks(text: string, hunks: readonly Hunk[], name: string): string {
  return hunks.reduce((changed, hunk) => {
    const parts = changed.split(without('+', hunk.text))
    if (parts.length !== 2) throw new Error(`${name} does not have, just once, what is to be changed:\n${hunk.text}`)
    return parts.join(without('-', hunk.text))
  }, text)
}

/** The lines that a hunk adds. */
export function addedLines({ text }: Hunk): string {
  return linesOf('+', text)
}

/** The lines that a hunk removes. */
export function removedLines({ text }: Hunk): string {
  return linesOf('-', text)
}

function linesOf(sign: '+' | '-', hunk: string): string {
  return [...hunk.matchAll(new RegExp(`^\\${sign}(.*\n)`, 'gm'))].map(([, line]) => line).join('')
}

/** The lines of one version of a hunk: `+` leaves out what it adds, and `-` what it removes. */
function without(sign: '+' | '-', hunk: string): string {
  return hunk.replaceAll(new RegExp(`^\\${sign}.*\n`, 'gm'), '').replaceAll(/^[ +-]/gm, '')
}
