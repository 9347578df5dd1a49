import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

/**
 * Reads a file of `docs/guides` that a guide quotes, with the addresses and folders of this machine, so that the guide
 * shows what is measured.
 *
 * @param replacements each text of the guide, and what replaces it
 * @throws Error if the file does not contain one of the texts
 */
export async function readGuideFile(name: string, replacements: Readonly<Record<string, string>>): Promise<string> {
  const file = fileURLToPath(new URL(`../../docs/guides/${name}`, import.meta.url))
  let text = await readFile(file, 'utf8')
  for (const [shown, used] of Object.entries(replacements)) {
    if (!text.includes(shown)) throw new Error(`${file} does not contain "${shown}".`)
    text = text.replaceAll(shown, used)
  }
  return text
}
