import { execFile } from 'node:child_process'
import { readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const root = fileURLToPath(new URL('../..', import.meta.url))
const main = path.join(root, 'dist/server/main.js')
const sources = ['server', 'prisma', 'package.json', 'tsconfig.json', 'tsconfig.build.json']

let building: Promise<string> | undefined

/**
 * Creates a production build, once, unless an existing one is newer than every source file.
 *
 * @returns the file that starts the server
 */
export function buildServer(): Promise<string> {
  building ??= build()
  return building
}

async function build(): Promise<string> {
  const builtAt = await stat(main).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  )
  if (builtAt < (await newestOf(sources.map((source) => path.join(root, source))))) {
    console.log('building the server')
    await promisify(execFile)('npm', ['run', 'build', '--silent'], { cwd: root })
  }
  return main
}

// The time of a folder changes when a file is removed from it. Generated files change with the schema.
async function newestOf(files: readonly string[]): Promise<number> {
  const times = files.map(async (file) => {
    if (path.basename(file) === 'generated') return 0
    const found = await stat(file)
    const names = found.isDirectory() ? await readdir(file) : []
    return Math.max(found.mtimeMs, await newestOf(names.map((name) => path.join(file, name))))
  })
  return Math.max(0, ...(await Promise.all(times)))
}
