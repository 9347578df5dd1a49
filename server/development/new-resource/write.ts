import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { readEnvironment } from '../../config.js'
import type { Plan } from './plan.js'

/**
 * Writes files for the time of `work`. If that fails, or if the process is told to stop, everything is again as it was
 * before.
 *
 * @param kept further files that the work may change or create
 */
export async function writeOrTakeBack(
  root: string,
  { plan, kept }: { plan: Plan; kept: readonly string[] },
  work: (created: (folder: string) => void) => Promise<void>,
): Promise<void> {
  const before = [...plan.keys(), ...kept].map((file) => [file, readIfThere(path.join(root, file))] as const)
  const folders: string[] = []
  const takeBack = () => {
    for (const [file, text] of before) restore(path.join(root, file), text)
    for (const folder of folders) rmSync(folder, { recursive: true, force: true })
  }
  const stop = () => {
    takeBack()
    process.exit(1)
  }
  process.once('SIGINT', stop).once('SIGTERM', stop)
  try {
    for (const [file, text] of plan) {
      const folder = mkdirSync(path.dirname(path.join(root, file)), { recursive: true })
      if (folder !== undefined) folders.push(folder)
      writeFileSync(path.join(root, file), text)
    }
    await work((folder) => folders.push(folder))
  } catch (error) {
    takeBack()
    throw error
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop)
  }
}

function readIfThere(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined
}

function restore(file: string, text: string | undefined): void {
  if (text === undefined) rmSync(file, { force: true })
  else writeFileSync(file, text)
}

const outputSchema = z.object({ stdout: z.string(), stderr: z.string() })

/**
 * Runs a program that Node.js reads from a file of the project.
 *
 * @throws Error with its output if it fails
 */
export function runProgram(root: string, file: string, ...words: string[]): void {
  try {
    // Formatting a Prisma schema does not use the engine, but Prisma would download it without any executable there.
    const env = { ...readEnvironment(), PRISMA_SCHEMA_ENGINE_BINARY: process.execPath }
    execFileSync(process.execPath, [file, ...words], { cwd: root, stdio: 'pipe', encoding: 'utf8', env })
  } catch (cause) {
    const { stdout, stderr } = outputSchema.parse(cause)
    throw new Error(`${path.basename(file)} ${words.join(' ')} failed:\n${stdout}${stderr}`, { cause })
  }
}
