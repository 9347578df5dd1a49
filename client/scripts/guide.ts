import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const folder = join(import.meta.dirname, '../../docs/guides')
const pages = ['client.md', 'react.md', 'next.md', 'expo.md', 'node.md']

/**
 * The code blocks of the guides for frontends, each as a source file: a function, so that a block may return, below its
 * imports.
 */
export function guideSources(): string[] {
  return pages.flatMap(blocksOf).map((code) => {
    const imports = code.match(importLine) ?? []
    const body = code.replace(importLine, '').replace(/^export (default )?/gm, '')
    return `${imports.join('')}export async function block() {\n${body}}\n`
  })
}

function blocksOf(page: string): string[] {
  const blocks = [...readFileSync(join(folder, page), 'utf8').matchAll(/^```tsx?\n([\s\S]*?)^```$/gm)]
  if (blocks.length === 0) throw new Error(`${page} contains no code.`)
  return blocks.map(([, code = '']) => code)
}

const importLine = /^import .*\n/gm
