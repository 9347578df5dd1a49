import { mkdir, readdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Clock } from '../../core/clock.js'
import { findPrismaFile } from '../../core/database/migrations/folder.js'
import { MigrationError } from '../../core/database/migrations/migrate.js'
import { codeOf } from '../../core/unknown-values.js'
import { type DiffOptions, diffMigrationsToSchema } from './diff.js'
import { nameUnsafe, separateIndexes } from './unsafe-scripts.js'

export interface WriteMigrationOptions extends DiffOptions {
  clock: Clock
  databaseUrl: string
  /** Why this migration may do what is unsafe on a database in use. */
  because?: string | undefined
}

/** The written files, and what is unsafe in them, one line for each rule and statement. */
export interface WrittenMigration {
  files: string[]
  unsafe: string[]
}

/**
 * Writes the migration from the existing ones to the schema. Each index of an existing table gets a migration of its own,
 * which builds it while the table is in use. Before each statement that is unsafe on a database in use, a comment names
 * the rule, with the reason if there is one.
 *
 * @param name in snake case, such as `add_post_summary`
 * @throws MigrationError if the name is malformed or taken, or if nothing changed
 */
export async function writeMigration(name: string, options: WriteMigrationOptions): Promise<WrittenMigration> {
  checkName(name)
  const folder = options.folder ?? findPrismaFile('migrations')
  const sql = await diffMigrationsToSchema(options.databaseUrl, options)
  if (!sql)
    throw new MigrationError(
      'There are no changes: the migrations already produce schema.prisma.',
      'Edit prisma/schema.prisma first.',
    )
  const written: WrittenMigration = { files: [], unsafe: [] }
  for (const [index, script] of (await separateIndexes(sql)).entries()) {
    const { text, unsafe } = await nameUnsafe(script, options.because)
    const suffix = index === 0 ? '' : `_${index + 1}`
    const target = path.join(folder, `${await nextTimestamp(folder, options.clock)}_${name}${suffix}`)
    await makeFolder(target)
    const file = path.join(target, 'migration.sql')
    await writeFile(file, text)
    written.files.push(file)
    written.unsafe.push(...unsafe.map((line) => `${path.relative(process.cwd(), file)}: ${line}`))
  }
  return written
}

function checkName(name: string): void {
  if (/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/.test(name) && name.length <= 100) return
  throw new MigrationError(
    `"${name}" is not a valid name for a migration. Use snake case and at most 100 characters.`,
    'Run: npm run migrate:new -- add_post_summary',
  )
}

/** Now, or a second after the last migration if that is later: migrations apply in the order of their names. */
async function nextTimestamp(folder: string, clock: Clock): Promise<string> {
  const last = (await readdir(folder))
    .filter((name) => /^\d{14}_/.test(name))
    .toSorted()
    .at(-1)
  const earliest = last ? parseTimestamp(last) + 1000 : 0
  return formatTimestamp(Math.max(clock.now().getTime(), earliest))
}

function parseTimestamp(name: string): number {
  const [date, time] = [name.slice(0, 8), name.slice(8, 14)]
  return Date.parse(`${date.replace(/(....)(..)(..)/, '$1-$2-$3')}T${time.replace(/(..)(..)(..)/, '$1:$2:$3')}Z`)
}

function formatTimestamp(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replaceAll(/[-:T]/g, '').slice(0, 14)
}

/** Creating the folder is atomic, so only one of two concurrent calls succeeds. */
async function makeFolder(target: string): Promise<void> {
  try {
    await mkdir(target)
  } catch (cause) {
    if (codeOf(cause) !== 'EEXIST') throw cause
    const fault = `The migration ${path.basename(target)} already exists.`
    throw new MigrationError(fault, 'Choose another name, or wait a second.', { cause })
  }
}
