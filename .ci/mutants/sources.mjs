// Reads the repository: the files of production code, the imports of each file, and the tests that concern a file.
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { parseSync } from 'oxc-parser'

const notProduction =
  /\.(test|test-support|browser)\.ts$|\.d\.ts$|^server\/(development|testing|generated)\/|^client\/(testing|scripts)\//

/** Tests of all procedures, which concern every file that serves requests. */
const overall = /\/(access-matrix|limits-and-bounds)\.test\.ts$/
const accessMatrix = 'server/access-matrix.test.ts'

/** @returns every production file, with its text and its syntax tree */
export function readProduction(root) {
  return listFiles(root)
    .filter((file) => /^(server|client)\//.test(file) && !notProduction.test(file) && file !== 'server/run.mjs')
    .map((file) => {
      const text = readFileSync(path.join(root, file), 'utf8')
      return { file, text, program: parseSync(file, text).program }
    })
}

/**
 * Finds the tests that a change of a file can fail, the likeliest first: those of its name and those that have found the
 * most in its folder; those next to it and those that import it themselves; those of all procedures; then all others that
 * reach it through imports. What leaves its transaction waits for itself in the access matrix. Commands run in a process
 * of their own and not through imports, so the tests that start them are last.
 *
 * @returns `stagesOf(mutant)`, which returns lists of test files, one with a pattern of names, and
 *   `learn(mutant, test files)`, to be called with the files that have found it
 */
export function testFinder(root) {
  const files = listFiles(root)
  const importers = findImporters(root, files)
  const tests = files.filter((file) => file.endsWith('.test.ts'))
  const startCommands = tests.filter((file) => (importers.get('server/testing/run-command.ts') ?? []).includes(file))
  const { findsOf, learn } = createTally()

  function stagesOf({ file, kind }) {
    const reached = distances(file, importers)
    const rank = (test) => (isOfName(test, file) ? 0 : (reached.get(test) ?? 99))
    const sorted = tests.toSorted((a, b) => rank(a) - rank(b) || a.localeCompare(b))
    const isBeside = (test) => path.dirname(test) === path.dirname(file)
    const best = sorted
      .filter((test) => findsOf(file, test) > 0 && !overall.test(test))
      .toSorted((a, b) => findsOf(file, b) - findsOf(file, a))
      .slice(0, 2)
    const likely = [...best, ...sorted.filter((test) => isBeside(test) && isAkin(test, file))]
    const stages = [
      // Each thread loads the application, so the likeliest test runs alone.
      likely.slice(0, 1),
      likely,
      sorted.filter((test) => rank(test) <= 1 || isBeside(test)),
      sorted.filter((test) => reached.has(test) && overall.test(test)),
      [...sorted.filter((test) => reached.has(test)), ...startCommands],
    ]
    const taken = new Set()
    const lists = stages.map((stage) => ({ tests: stage.filter((test) => !taken.has(test) && taken.add(test)) }))
    const [, feature] = /^server\/features\/([^/]+)\//.exec(file) ?? []
    const isInMatrix = kind === 'transaction' && feature && reached.has(accessMatrix)
    return isInMatrix ? [{ tests: [accessMatrix], pattern: ` ${feature}\\.` }, ...lists] : lists
  }
  return { stagesOf, learn }
}

function findImporters(root, files) {
  const importers = new Map()
  for (const file of files) {
    for (const target of importsOf(root, file, new Set(files))) {
      importers.set(target, [...(importers.get(target) ?? []), file])
    }
  }
  return importers
}

// Counts how many mutants each test has found in a file and in its folder.
function createTally() {
  const counts = new Map()
  const keysOf = (file, test) => [`${file} ${test}`, `${path.dirname(file)} ${test}`]
  const countOf = (key) => counts.get(key) ?? 0
  return {
    findsOf(file, test) {
      const [inFile, inFolder] = keysOf(file, test).map(countOf)
      return 3 * inFile + inFolder
    },
    learn({ file }, found) {
      for (const key of found.flatMap((test) => keysOf(file, test))) counts.set(key, countOf(key) + 1)
    },
  }
}

function isOfName(test, file) {
  return path.basename(test) === `${path.basename(file).replace(/\.\w+$/, '')}.test.ts`
}

function isAkin(test, file) {
  return isOfName(test, file) || sharesWord(test, file) || path.basename(test).startsWith(`${folderOf(file)}.`)
}

const folderOf = (file) => path.basename(path.dirname(file))

// `confirm-email-change.ts` and `email-change.test.ts`; of a word the beginning counts.
function sharesWord(test, file) {
  const [words, others] = [test, file].map((name) => path.basename(name).split('.')[0].split('-'))
  return words.some((word) => others.some((other) => word.slice(0, 6) === other.slice(0, 6)))
}

function listFiles(root) {
  return ['server', 'client', 'prisma', 'bench'].flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
      .map((name) => path.posix.join(folder, name))
      .filter((name) => /\.(ts|mjs)$/.test(name) && !/(^|\/)(dist|node_modules|generated)\//.test(name)),
  )
}

function importsOf(root, file, files) {
  const text = readFileSync(path.join(root, file), 'utf8')
  const { module } = parseSync(file, text)
  const requests = [
    ...module.staticImports
      .filter(({ start }) => !/^import type\b/.test(text.slice(start, start + 12)))
      .map(({ moduleRequest }) => moduleRequest.value),
    ...module.staticExports.flatMap(({ entries }) => entries.flatMap((entry) => entry.moduleRequest?.value ?? [])),
    ...module.dynamicImports.map(({ moduleRequest: { start, end } }) => text.slice(start + 1, end - 1)),
    ...[...text.matchAll(/new URL\('(\.[^']+)', import\.meta\.url\)/g)].map(([, request]) => request),
  ]
  return new Set(requests.filter((request) => request.startsWith('.')).map((request) => resolve(file, request, files)))
}

function resolve(file, request, files) {
  const target = path.posix.join(path.posix.dirname(file), request)
  return files.has(target) ? target : target.replace(/\.js$/, '.ts')
}

/** The number of imports from each file to the given one. */
function distances(file, importers) {
  const reached = new Map([[file, 0]])
  for (const [current, distance] of reached) {
    for (const importer of importers.get(current) ?? []) {
      if (!reached.has(importer)) reached.set(importer, distance + 1)
    }
  }
  return reached
}
