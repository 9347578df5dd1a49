import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'
import { readEnvironment } from '../config.js'

/**
 * Runs a command as npm does, in development with a separate data folder, and returns its exit code and output.
 *
 * @param account another user of the machine, if this one is root
 */
export async function runCommand(
  words: string[],
  settings: Record<string, string>,
  account: { uid?: number; gid?: number } = {},
) {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'data-'))
  onTestFinished(() => rm(dataDir, { recursive: true }))
  const env = { PATH: readEnvironment().PATH, NODE_ENV: 'development', DATA_DIR: dataDir, ...settings }
  const child = spawn(process.execPath, ['server/run.mjs', ...words], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...account,
  })
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  return { code, output: stdout + stderr }
}
