import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'

const guides = path.join(import.meta.dirname, '../../docs/guides')

/** The blocks of the guides that quote a file, which they name after the language. */
async function readQuotes() {
  const names = (await readdir(guides)).filter((name) => name.endsWith('.md'))
  const texts = await Promise.all(names.map((name) => readFile(path.join(guides, name), 'utf8')))
  const blocks = texts.flatMap((text) => [...text.matchAll(/^```\w+ (docs\/guides\/\S+)\n([^]*?)^```$/gm)])
  return Object.fromEntries(blocks.map(([, file = '', quote = '']) => [file, quote]))
}

/** The files that the guides keep, by their path in the repository. */
async function readKept() {
  const entries = await readdir(guides, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile() && !entry.name.endsWith('.md'))
  const texts = files.map(async ({ parentPath, name }) => {
    const file = path.join(parentPath, name)
    const inRepository = path.posix.join('docs/guides', ...path.relative(guides, file).split(path.sep))
    return [inRepository, await readFile(file, 'utf8')] as const
  })
  return Object.fromEntries(await Promise.all(texts))
}

test('adding a resource by hand takes at most 220 lines that are not blank, tests included, in at most nine files', async () => {
  const files = Object.entries(await readKept()).filter(([file]) => file.startsWith('docs/guides/add-a-resource/'))
  const byHand = files.flatMap(([file, text]) => linesByHand(file, text))
  expect(files.length).toBeLessThanOrEqual(9)
  expect(byHand.length).toBeGreaterThan(100)
  expect(byHand.length).toBeLessThanOrEqual(220)
})

/** The lines that are not blank; of a diff, those that it adds. */
function linesByHand(file: string, text: string): string[] {
  const lines = file.endsWith('.diff')
    ? [...text.matchAll(/^\+(?!\+\+)(.*)$/gm)].map(([, line = '']) => line)
    : text.split('\n')
  return lines.filter((line) => line.trim() !== '')
}

test('the guides quote each file that they keep, whole and as it is', async () => {
  const kept = await readKept()
  expect(Object.keys(kept)).toContain('docs/guides/remove-posts.txt')
  expect(await readQuotes()).toEqual(kept)
})
