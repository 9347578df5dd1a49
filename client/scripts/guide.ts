import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const guide = join(import.meta.dirname, '../../docs/guides/client.md')

/**
 * The code blocks of the guide as one source file: each block is a function of its own, so that it may declare what it
 * likes, below the imports of all blocks.
 */
export function guideSource(): string {
  const blocks = [...readFileSync(guide, 'utf8').matchAll(/^```tsx?\n([\s\S]*?)^```$/gm)].map(([, code = '']) => code)
  const imports = blocks.flatMap((code) => code.match(importLine) ?? [])
  const functions = blocks.map((code, index) => {
    const body = code.replace(importLine, '').replace(/^export /gm, '')
    return `export async function block${index}() {\n${body}}`
  })
  return [...new Set(imports), ...functions, ''].join('\n')
}

const importLine = /^import .*\n/gm
