import { execFileSync } from 'node:child_process'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { RemedyError } from '../core/remedy-error.js'
import { type AppName, renameText } from './rename-text.js'

// Renames this clone: npm run rename -- acme "Acme". app.json contains the names, and the base that it was cloned from,
// so that the same command can be run on a newer base.
const root = path.join(import.meta.dirname, '../..')
const appFile = path.join(root, 'app.json')
const usage = 'Give the name and the title: npm run rename -- acme "Acme"'

const nameSchema = z
  .string(usage)
  .regex(
    /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/,
    'The name may contain lower-case letters, digits and single hyphens, as in "acme-shop".',
  )
  .min(2, 'The name must have at least two letters.')
  .max(40, 'The name may have at most 40 characters.')
const titleSchema = z
  .string(usage)
  .trim()
  .regex(/^[\p{L}\p{N}][\p{L}\p{N} .&'-]*$/u, "The title may contain letters, digits, spaces and . & ' -.")
  .max(60, 'The title may have at most 60 characters.')
const appSchema = z.object({
  name: z.string(),
  title: z.string(),
  base: z.object({ name: z.string(), version: z.string() }),
})

const [name, title, ...rest] = process.argv.slice(2)
if (rest.length > 0) throw new RemedyError(`${usage} (put a title of several words in quotation marks)`)
const given = { name: parse(nameSchema, name), title: parse(titleSchema, title) }
const app = appSchema.parse(JSON.parse(readFileSync(appFile, 'utf8')))
if (app.name === given.name && app.title === given.title)
  throw new RemedyError('The clone already has this name and title.')

const changed = listFiles().filter((file) => rewrite(file, app, given))
writeFileSync(appFile, `${JSON.stringify({ ...given, base: app.base }, null, 2)}\n`)
// The link to the client package in node_modules has the name of the package.
execFileSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'], {
  cwd: root,
  stdio: 'inherit',
})
execFileSync(process.execPath, ['server/run.mjs', 'openapi'], { cwd: root, stdio: 'inherit' })
console.log(
  `Renamed ${app.title} to ${given.title} in app.json and ${changed.length} other files. Next: npm run check && npm test`,
)
console.log(
  `The development data is still in .${app.name}. Delete that folder, or set DATA_DIR=.${app.name} to use it.`,
)

function parse(schema: z.ZodType<string>, value: unknown): string {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  throw new RemedyError(parsed.error.issues.map(({ message }) => message).join('\n'))
}

// Code reads app.json. The name is in manifests, in documents, and in imports of the client package.
function listFiles(): string[] {
  const tracked = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  })
  return tracked.split('\0').filter((file) => file && file !== 'app.json' && isFile(path.join(root, file)))
}

function rewrite(file: string, from: AppName, to: AppName): boolean {
  const text = readFileSync(path.join(root, file), 'utf8')
  const renamed = renameText(file, text, { from, to })
  if (renamed !== text) writeFileSync(path.join(root, file), renamed)
  return renamed !== text
}

function isFile(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isFile() ?? false
}
