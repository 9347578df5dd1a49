import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, rmSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { importsOf, reachableFrom } from './imports.js'

const client = join(import.meta.dirname, '..')
const emitted = join(client, 'dist/.all')
const shipped = join(client, 'dist')

build()

/**
 * Compiles the package into `client/dist`. The compiler also writes the sources of the inferred types of the router.
 * Only the files that the entries import are kept, and an import of anything but the declared dependencies fails the
 * build.
 */
function build(): void {
  rmSync(shipped, { recursive: true, force: true })
  compile()
  const entries = ['index', 'schemas'].flatMap((name) => [`${name}.js`, `${name}.d.ts`])
  const files = reachableFrom(entries.map((name) => join(emitted, 'client', name)))
  const strangers = files.flatMap(importsOf).filter(({ from, target }) => !isAllowed(from, target))
  for (const { from, target } of strangers) console.error(`${relative(emitted, from)} imports ${target}`)
  if (strangers.length > 0) process.exit(1)
  for (const file of files) copy(file)
  rmSync(emitted, { recursive: true })
  console.log(`client/dist: ${files.length} files`)
}

// Declarations of the server's own files may be invalid (TS4xxx), because they are not published.
function compile(): void {
  const options = ['-p', join(client, 'tsconfig.build.json'), '--outDir', emitted, '--pretty', 'false']
  const { stdout, error } = spawnSync('tsc', options, { encoding: 'utf8' })
  if (error) throw error
  const faults = stdout.split('\n').filter((line) => /error TS(?!4\d{3}:)/.test(line))
  if (faults.length === 0) return
  console.error(faults.join('\n'))
  process.exit(1)
}

function isAllowed(from: string, target: string): boolean {
  if (target.startsWith('/')) return existsSync(target)
  if (target === 'zod') return /schemas?\.(d\.ts|js)$/.test(from)
  return ['@trpc/client', '@trpc/server', 'superjson'].includes(target)
}

function copy(file: string): void {
  const place = join(shipped, relative(emitted, file))
  mkdirSync(dirname(place), { recursive: true })
  copyFileSync(file, place)
}
