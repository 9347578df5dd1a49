import { spawn } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { RemedyError } from '../core/remedy-error.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
// `contract` may be told to run for an hour.
const longestMs = 90 * 60_000

/**
 * Runs the named benchmarks of `bench/`, or all, each in a separate process. Arguments from the first `--` option on
 * are passed to them.
 */
const words = process.argv.slice(2)
const firstOption = words.findIndex((word) => word.startsWith('--'))
const asked = firstOption < 0 ? words : words.slice(0, firstOption)
const flags = firstOption < 0 ? [] : words.slice(firstOption)
const names = await listBenchmarks()
const unknown = asked.filter((name) => !names.includes(name))
if (unknown.length > 0) {
  throw new RemedyError(
    `No benchmark "${unknown.join('", "')}". Available: ${names.join(', ')}. Run: npm run bench -- ${names[0]}`,
  )
}
for (const name of asked.length > 0 ? asked : names) await run(name)

async function listBenchmarks(): Promise<string[]> {
  try {
    const files = await readdir(path.join(root, 'bench'))
    return files.filter((file) => file.endsWith('.ts')).map((file) => path.basename(file, '.ts'))
  } catch (cause) {
    throw new RemedyError(
      'The benchmarks only run from source. Use a clone of the repository: npm ci && npm run bench',
      {
        cause,
      },
    )
  }
}

// A benchmark that fails or takes too long does not prevent the others.
async function run(name: string): Promise<void> {
  const child = spawn(process.execPath, ['--import', 'tsx', path.join('bench', `${name}.ts`), ...flags], {
    cwd: root,
    stdio: 'inherit',
    timeout: longestMs,
  })
  const code = await new Promise((resolve) => child.on('close', resolve))
  if (code === 0) return
  console.error(`\nThe benchmark "${name}" failed.`)
  process.exitCode = 1
}
