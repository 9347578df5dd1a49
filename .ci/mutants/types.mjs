// Asks the compiler which mutants it refuses: those are never merged, so that a test against them is one too many.
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { mutate } from './syntax.mjs'

const configFile = 'tsconfig.mutants.json'
// Who removes a guard removes its import with it, so that an unused name is no answer.
const config = {
  extends: './tsconfig.json',
  compilerOptions: { noUnusedLocals: false, noUnusedParameters: false },
  include: [],
}

/**
 * Compiles the mutants, one of each file at a time. Those of files with errors are compiled again alone, because a mutant
 * can cause an error in a file that imports it.
 *
 * @returns the set of those that are refused
 */
export function findRefusedByTypes(copy, candidates) {
  const refused = new Set()
  let rest = [...new Set(candidates)]
  while (rest.length > 0) {
    const round = new Map()
    for (const candidate of rest) if (!round.has(candidate.file)) round.set(candidate.file, candidate)
    const files = findFilesWithErrors(copy, [...round.values()])
    for (const [file, candidate] of round) {
      if (files.has(file) && isRefusedAlone(copy, candidate)) refused.add(candidate)
    }
    rest = rest.filter((candidate) => round.get(candidate.file) !== candidate)
  }
  return refused
}

function isRefusedAlone(copy, candidate) {
  return findFilesWithErrors(copy, [candidate]).has(candidate.file)
}

function findFilesWithErrors(copy, candidates) {
  const write = (file, text) => writeFileSync(path.join(copy, file), text)
  // With what they import, and not with what imports them: that takes a fifth of the time.
  write(configFile, JSON.stringify({ ...config, files: candidates.map(({ file }) => file) }))
  for (const candidate of candidates) write(candidate.file, mutate(candidate.text, candidate))
  try {
    return new Set([...compile(copy).matchAll(/^([^\s(]+)\(\d+,\d+\): error/gm)].map(([, file]) => file))
  } finally {
    for (const { file, text } of candidates) write(file, text)
  }
}

function compile(copy) {
  const tsc = ['node_modules/typescript/bin/tsc', '--noEmit', '--pretty', 'false', '-p', configFile]
  try {
    return execFileSync(process.execPath, tsc, { cwd: copy, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
  } catch (error) {
    return error.stdout ?? ''
  }
}
