import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const folder = join(import.meta.dirname, '../../docs/guides')
const pages = ['client.md', 'react.md', 'next.md', 'expo.md', 'node.md']

/**
 * The code blocks of the guides for frontends as one source file: each block is a function of its own, so that it may
 * declare what it likes, below the imports of all blocks.
 */
export function guideSource(): string {
  const blocks = pages.flatMap(blocksOf)
  const imports = blocks.flatMap((code) => code.match(importLine) ?? [])
  const functions = blocks.map((code, index) => {
    const body = code.replace(importLine, '').replace(/^export (default )?/gm, '')
    return `export async function block${index}() {\n${body}}`
  })
  return [...new Set(imports), ...functions, ''].join('\n')
}

function blocksOf(page: string): string[] {
  const blocks = [...readFileSync(join(folder, page), 'utf8').matchAll(/^```tsx?\n([\s\S]*?)^```$/gm)]
  if (blocks.length === 0) throw new Error(`${page} contains no code.`)
  return blocks.map(([, code = '']) => code)
}

const importLine = /^import .*\n/gm
