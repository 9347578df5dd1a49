import { existsSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/** An import of one file by another. `target` is a path for a relative import, otherwise the name of the package. */
export interface Import {
  from: string
  target: string
  isType: boolean
}

// A statement with `from`, an `import '...'`, or an `import('...')`, of code or of a type.
const statement = /^\s*(?:import|export)\s+(type\s)?[^'"();]*?\sfrom\s*['"]([^'"]+)['"]/gm
const bare = /^\s*import\s*['"]([^'"]+)['"]/gm
const call = /\bimport\(\s*['"]([^'"]+)['"]/g

/** The imports and re-exports of one file. */
export function importsOf(file: string): Import[] {
  const source = readFileSync(file, 'utf8')
  const statements = [...source.matchAll(statement)].map(([, type, name = '']) => ({ name, isType: Boolean(type) }))
  const others = [...source.matchAll(bare), ...source.matchAll(call)].map(([, name = '']) => ({ name, isType: false }))
  return [...statements, ...others].map(({ name, isType }) => ({ from: file, target: locate(file, name), isType }))
}

/** All files that the entries import through relative imports, including the entries. */
export function reachableFrom(entries: string[]): string[] {
  const found = new Set(entries)
  for (const file of found) {
    for (const { target } of importsOf(file)) if (existsSync(target)) found.add(target)
  }
  return [...found]
}

// In a declaration or a source file, `./a.js` means `a.d.ts` or `a.ts`.
function locate(file: string, name: string): string {
  if (!name.startsWith('.')) return name
  const path = resolve(dirname(file), name)
  const extension = file.endsWith('.d.ts') ? '.d.ts' : file.endsWith('.ts') ? '.ts' : '.js'
  return path.replace(/\.js$/, extension)
}
