import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { importsOf, reachableFrom } from './imports.js'
import { addCreations, addDescriptions, slimSchemas } from './rewrite.js'

const client = join(import.meta.dirname, '..')
const server = join(client, '../server')
const emitted = join(client, 'dist/.all')
const shipped = join(client, 'dist')
const fluentZod = join(emitted, 'client/fluent-zod.js')
const core: readonly string[] = ['@trpc/client', '@trpc/server', '@trpc/server/observable', 'superjson']
const ofReact: readonly string[] = ['@tanstack/react-query', '@trpc/tanstack-react-query', 'react']
const ofNext: readonly string[] = ['next/headers.js', 'next/server.js']
const ofForms: readonly string[] = ['zod', 'zod/mini', 'zod/v4/locales/en.js']

if (process.argv.includes('--watch')) watchSources()
else build()

/**
 * Compiles the package into `client/dist`. The compiler also writes what the router's types were inferred from; only
 * what the entries reach is kept, and an import of anything but the package's dependencies fails the build. Files that
 * do not change are not written, so that a development server which watches them reloads only what is new.
 */
function build(): void {
  compile()
  rewriteAll()
  const entries = ['index', 'schemas', 'react', 'next'].flatMap((name) => [`${name}.js`, `${name}.d.ts`])
  const files = reachableFrom(entries.map((name) => join(emitted, 'client', name)))
  const strangers = files.flatMap(importsOf).filter(({ from, target }) => !isAllowed(from, target))
  if (strangers.length > 0) fail(strangers.map(({ from, target }) => `${relative(emitted, from)} imports ${target}`))
  ship(files)
  loadSchemas()
  console.log(`client/dist: ${files.length} files`)
}

// Declarations of the server's own files may be invalid (TS4xxx), because they are not published.
function compile(): void {
  rmSync(emitted, { recursive: true, force: true })
  const options = ['-p', join(client, 'tsconfig.build.json'), '--outDir', emitted, '--pretty', 'false']
  const { stdout, error } = spawnSync('tsc', options, { encoding: 'utf8' })
  if (error) throw error
  const faults = stdout.split('\n').filter((line) => /error TS(?!4\d{3}:)/.test(line))
  if (faults.length > 0) fail(faults)
}

function rewriteAll(): void {
  const printed = execFileSync('tsx', [join(import.meta.dirname, 'procedures.ts')], { encoding: 'utf8' })
  const procedures: [string, string, boolean][] = JSON.parse(printed)
  const descriptions = new Map(procedures.map(([path, text]) => [path, text]))
  const creations = procedures.flatMap(([path, , createsOnce]) => (createsOnce ? [path] : []))
  rewrite(join(emitted, 'client/app-router.d.ts'), (text) => addDescriptions(text, descriptions))
  rewrite(join(emitted, 'client/creations.js'), (text) => addCreations(text, creations))
  const schemas = filesIn(join(emitted, 'server')).filter((file) => file.endsWith('/schema.js'))
  for (const file of schemas) rewrite(file, (text) => slimSchemas(text, relative(dirname(file), fluentZod)))
}

function rewrite(file: string, change: (text: string) => string): void {
  writeFileSync(file, change(readFileSync(file, 'utf8')))
}

function isAllowed(from: string, target: string): boolean {
  if (target.startsWith('/')) return existsSync(target)
  const isOfForms = /\/(schemas?|form-schema|fluent-zod)\.(d\.ts|js)$/.test(from)
  const isOfReact = /\/(react|query-client)\.(d\.ts|js)$/.test(from)
  const isOfNext = /\/next(-\w+)?\.(d\.ts|js)$/.test(from)
  const allowed = [...core, ...(isOfForms ? ofForms : []), ...(isOfReact || isOfNext ? ofReact : [])]
  return [...allowed, ...(isOfNext ? ofNext : [])].includes(target)
}

function ship(files: readonly string[]): void {
  const kept = new Set(files.map((file) => join(shipped, relative(emitted, file))))
  for (const file of files) copy(file, join(shipped, relative(emitted, file)))
  rmSync(emitted, { recursive: true })
  for (const file of filesIn(shipped)) if (!kept.has(file)) rmSync(file)
}

function copy(file: string, place: string): void {
  const text = readFileSync(file, 'utf8')
  if (existsSync(place) && readFileSync(place, 'utf8') === text) return
  mkdirSync(dirname(place), { recursive: true })
  writeFileSync(place, text)
}

// The compiler compares the schemas with all of Zod, and the package has a part of it.
function loadSchemas(): void {
  const entry = join(shipped, 'client/schemas.js')
  const { status, stderr } = spawnSync(process.execPath, [entry], { encoding: 'utf8' })
  if (status === 0) return
  const [fault] = /^\w*Error: .*$/m.exec(stderr) ?? [stderr]
  fail([`A schema uses something of Zod that client/fluent-zod.ts lacks. Add it there. ${fault}`])
}

function fail(lines: readonly string[]): never {
  console.error(lines.join('\n'))
  process.exit(1)
}

/** Builds now and after each change of a source file, in a process of its own, so that a fault does not end the watch. */
function watchSources(): void {
  let waiting: NodeJS.Timeout | undefined
  const rebuild = () => spawnSync('tsx', [join(import.meta.dirname, 'build.ts')], { stdio: 'inherit' })
  const onChange = (_event: string, name: string | null) => {
    if (!name?.endsWith('.ts') || name.startsWith('dist') || name.endsWith('.test.ts')) return
    clearTimeout(waiting)
    waiting = setTimeout(rebuild, 100)
  }
  for (const folder of [client, server]) watch(folder, { recursive: true }, onChange)
  rebuild()
}

function filesIn(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
}
