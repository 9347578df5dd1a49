import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { Breakage } from './refused-values.js'

/**
 * Compiles the program that `npm run release` wrote against the types of the last release, with the present types of the
 * client package in place of what the server sends and accepts. Each of its lines names a procedure or an export, and a
 * line that no longer compiles is a breakage.
 *
 * @param folder has the program, `clients.ts`, and its `tsconfig.json`
 */
export async function compareTypes(folder: string): Promise<Breakage[]> {
  const output = await compile(folder)
  const lines = readFileSync(path.join(folder, 'clients.ts'), 'utf8').split('\n')
  return errorsIn(output).map(({ line, message }) => {
    const [, place] = /^ {2}'([^']+)'/.exec(lines[line - 1] ?? '') ?? []
    if (place === undefined) throw new Error(`The program of the last release does not compile:\n${output}`)
    return { place, change: message }
  })
}

function compile(folder: string): Promise<string> {
  return new Promise((resolve) => {
    execFile('tsc', ['-p', folder, '--pretty', 'false'], (_error, stdout, stderr) => resolve(stdout + stderr))
  })
}

// The most specific reason is the last of the indented lines below an error.
function errorsIn(output: string): { line: number; message: string }[] {
  const errors = output.split(/^(?=\S)/m).filter((text) => /error TS\d+/.test(text))
  return errors.map((text) => {
    const [, line] = /^\S*clients\.ts\((\d+),/.exec(text) ?? []
    const reasons = text.trimEnd().split('\n')
    return { line: Number(line ?? 0), message: (reasons.at(-1) ?? '').trim().replace(/^.*error TS\d+: /, '') }
  })
}
