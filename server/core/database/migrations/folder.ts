import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'

/** A folder `<timestamp>_<name>` and the text of its `migration.sql`. */
export interface Migration {
  name: string
  sql: string
}

/**
 * Reads the migrations of a folder in the order in which they are applied.
 *
 * @throws Error if one of its folders has no migration.sql
 */
export async function readMigrations(folder = findPrismaFile('migrations')): Promise<Migration[]> {
  // Without the mark, a bundler takes the whole project along.
  const entries = await readdir(/* turbopackIgnore: true */ folder, { withFileTypes: true })
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name)
  return Promise.all(names.toSorted().map(async (name) => ({ name, sql: await readScript(folder, name) })))
}

/**
 * The path of a file in the project's `prisma` folder. It is searched for in the parent folders, because `dist` is one
 * level deeper than the source. The lock file distinguishes it from the compiled `dist/prisma`.
 */
export function findPrismaFile(name: string): string {
  let folder = import.meta.dirname
  while (!existsSync(path.join(folder, 'prisma/migrations/migration_lock.toml'))) {
    const parent = path.dirname(folder)
    if (parent === folder)
      throw new Error(`No parent folder of ${folder} contains prisma/migrations/migration_lock.toml.`)
    folder = parent
  }
  return path.join(folder, 'prisma', name)
}

async function readScript(folder: string, name: string): Promise<string> {
  try {
    return await readFile(path.join(folder, name, 'migration.sql'), 'utf8')
  } catch (cause) {
    throw new Error(`The migration ${name} has no migration.sql. Restore the file, or remove the folder.`, { cause })
  }
}
