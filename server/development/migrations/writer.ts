import { mkdir, readdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Clock } from '../../core/clock.js'
import { findPrismaFile } from '../../core/database/migrations/folder.js'
import { MigrationError } from '../../core/database/migrations/migrate.js'
import { codeOf } from '../../core/unknown-values.js'
import { type DiffOptions, diffMigrationsToSchema } from './diff.js'
import { describeLosses } from './losses.js'

export interface WriteMigrationOptions extends DiffOptions {
  clock: Clock
  databaseUrl: string
}

/**
 * Writes the migration from the existing ones to the schema.
 *
 * @param name in snake case, such as `add_post_summary`
 * @returns the path of its file, and the losses in its first lines
 * @throws MigrationError if the name is malformed or taken, or if nothing changed
 */
export async function writeMigration(
  name: string,
  options: WriteMigrationOptions,
): Promise<{ file: string; losses: string[] }> {
  checkName(name)
  const folder = options.folder ?? findPrismaFile('migrations')
  const sql = await diffMigrationsToSchema(options.databaseUrl, options)
  if (!sql)
    throw new MigrationError(
      'There are no changes: the migrations already produce schema.prisma.',
      'Edit prisma/schema.prisma first.',
    )
  const losses = describeLosses(sql)
  const target = path.join(folder, `${await nextTimestamp(folder, options.clock)}_${name}`)
  await makeFolder(target)
  const file = path.join(target, 'migration.sql')
  await writeFile(file, warnOf(losses) + sql)
  return { file, losses }
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

function warnOf(losses: readonly string[]): string {
  if (losses.length === 0) return ''
  return [
    '-- WARNING: read this before it runs on data. This migration',
    ...losses.map((loss) => `--   ${loss}`),
    '\n',
  ].join('\n')
}
