// Changes production code in a copy, one place at a time, and expects tests to fail.
//   node .ci/mutants.mjs --guards [--seconds 300] [--seed N]   conditions, transactions, locks and guards, as many as fit
//   node .ci/mutants.mjs --random 150 [--seed N]               any operator, all of server/ and client/
// `--only TEXT` restricts it to files whose path contains the text; `--list` prints the mutants. Survivors that change no
// behaviour are listed in mutants/equivalent.json, with the reason.
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { findGuards } from './mutants/guards.mjs'
import { findRandom } from './mutants/operators.mjs'
import { readProduction, testFinder } from './mutants/sources.mjs'
import { openSuite } from './mutants/suite.mjs'
import { changedLines, isValid, mutate } from './mutants/syntax.mjs'

const killedShareMin = 0.85
const { values } = parseArgs({
  options: {
    guards: { type: 'boolean' },
    random: { type: 'string' },
    seconds: { type: 'string' },
    seed: { type: 'string' },
    only: { type: 'string', default: '' },
    list: { type: 'boolean' },
  },
})
if (Boolean(values.guards) === Boolean(values.random)) throw new Error('Say either --guards or --random NUMBER.')
const seed = Number(values.seed ?? Date.now() % 1_000_000)
const deadline = performance.now() + 1000 * Number(values.seconds ?? (values.guards ? 300 : Number.POSITIVE_INFINITY))
const copy = mkdtempSync(path.join(tmpdir(), 'mutants-'))
chmodSync(copy, 0o755) // As root, PostgreSQL runs with another account.
const suite = openSuite(copy)
const passing = new Map()
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void cleanUp().then(() => process.exit(1)))
try {
  execFileSync('bash', [path.join(import.meta.dirname, 'copy'), copy], { stdio: 'inherit' })
  execFileSync(process.execPath, ['server/development/generate.mjs'], { cwd: copy, stdio: 'inherit' })
  process.exitCode = await main()
} finally {
  await cleanUp()
}

async function cleanUp() {
  await suite.stop()
  rmSync(copy, { recursive: true, force: true })
}

async function main() {
  const sources = readProduction(copy).filter(({ file }) => file.includes(values.only))
  const all = sources.flatMap((source) => distinct(values.guards ? findGuards(source) : findRandom(source), source))
  const chosen = shuffle(all, seed).slice(0, values.random ? Number(values.random) : all.length)
  console.log(`${all.length} mutants in ${sources.length} files; seed ${seed}.`)
  if (values.list) return list(chosen)
  const results = await tryAll(chosen)
  return report(results)
}

function distinct(candidates, source) {
  const seen = new Set()
  return candidates.flatMap((candidate) => {
    const key = `${candidate.start} ${candidate.end} ${candidate.replacement}`
    if (seen.has(key) || !isValid(source, candidate)) return []
    seen.add(key)
    return [{ ...candidate, text: source.text, ...changedLines(source.text, candidate) }]
  })
}

function list(chosen) {
  for (const { kind, file, line, before, after } of chosen)
    console.log(`${kind} ${file}:${line}\n- ${before}\n+ ${after}`)
  return 0
}

async function tryAll(chosen) {
  const testsOf = testFinder(copy)
  const known = JSON.parse(readFileSync(path.join(import.meta.dirname, 'mutants/equivalent.json'), 'utf8'))
  const control = await suite.run(['server/access-matrix.test.ts'], 300_000)
  if (control.count === 0 || control.failed.length > 0) {
    throw new Error(`The tests fail without a mutant: ${control.failed.slice(0, 3).join('; ') || 'none ran'}`)
  }
  const results = []
  for (const candidate of chosen) {
    if (performance.now() > deadline) break
    const equivalent = known.find(({ before, after }) => before === candidate.before && after === candidate.after)
    const startedAt = performance.now()
    const outcome = equivalent ? { outcome: 'equivalent', by: equivalent.reason } : await tryOne(candidate, testsOf)
    const seconds = Math.round((performance.now() - startedAt) / 1000)
    console.log(
      `${outcome.outcome.padEnd(10)} ${String(seconds).padStart(4)} s  ${candidate.kind.padEnd(11)} ${candidate.file}:${candidate.line}  ${outcome.by ?? ''}`,
    )
    if (outcome.outcome === 'survived') console.log(`- ${candidate.before}\n+ ${candidate.after}`)
    results.push({ ...candidate, ...outcome })
  }
  return results
}

async function tryOne(candidate, testsOf) {
  const { file, text } = candidate
  write(file, mutate(text, candidate))
  try {
    for (const tests of testsOf(file)) {
      const outcome = await runUnder(candidate, tests)
      if (outcome) return outcome
    }
    return passesTypes() ? { outcome: 'survived' } : { outcome: 'types', by: 'tsc rejects it' }
  } finally {
    write(file, text)
  }
}

/** Runs tests on the mutant, and repeats those that also fail without it. */
async function runUnder({ file, text, ...candidate }, tests) {
  const limitMs = Math.min(60_000 + 15_000 * tests.length, deadline - performance.now() + 1000)
  const { failed, failedFiles = [], isTimeout } = await suite.run(tests, limitMs)
  if (isTimeout && performance.now() > deadline) return { outcome: 'undecided' }
  if (failed.length === 0) return null
  write(file, text)
  const failing = await findFailing(failedFiles)
  if (failing.length < failedFiles.length || failedFiles.length === 0) return { outcome: 'killed', by: failed[0] }
  console.log(`${failing.join(', ')} fails without a mutant too, and is omitted.`)
  write(file, mutate(text, candidate))
  return runUnder(
    { file, text, ...candidate },
    tests.filter((test) => !failing.includes(test)),
  )
}

// Whether a test file passes on the original code. One that does not pass detects nothing.
function passesWithout(testFile) {
  const known = passing.get(testFile) ?? suite.run([testFile], 300_000).then(({ failed }) => failed.length === 0)
  passing.set(testFile, known)
  return known
}

async function findFailing(testFiles) {
  const failing = []
  for (const testFile of testFiles) if (!(await passesWithout(testFile))) failing.push(testFile)
  return failing
}

function write(file, text) {
  writeFileSync(path.join(copy, file), text)
  suite.change(file)
}

// Code that does not compile is never merged, so it needs no test.
function passesTypes() {
  try {
    execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '--noEmit'], { cwd: copy, stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

function report(results) {
  const having = (...outcomes) => results.filter(({ outcome }) => outcomes.includes(outcome))
  const kinds = [...new Set(results.map(({ kind }) => kind))].toSorted((a, b) => a.localeCompare(b))
  const outcomes = ['killed', 'survived', 'equivalent', 'types', 'undecided']
  const count = (kind, outcome) => results.filter((result) => result.kind === kind && result.outcome === outcome).length
  console.table(
    Object.fromEntries(kinds.map((kind) => [kind, Object.fromEntries(outcomes.map((o) => [o, count(kind, o)]))])),
  )
  for (const { file, line, before, after } of having('survived'))
    console.log(`survived ${file}:${line}\n- ${before}\n+ ${after}`)
  const killed = having('killed').length
  const judged = killed + having('survived').length
  const share = judged === 0 ? 0 : killed / judged
  console.log(`seed ${seed}: ${results.length} tried, ${killed} of ${judged} killed (${Math.round(100 * share)} %)`)
  if (judged === 0) console.log('No mutant had a result, so nothing is known about the tests.')
  return judged > 0 && (values.guards ? killed === judged : share >= killedShareMin) ? 0 : 1
}

/** Shuffles the values by the seed (Fisher and Yates, with mulberry32). */
function shuffle(items, start) {
  const result = [...items]
  let state = start
  const draw = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  for (let last = result.length - 1; last > 0; last -= 1) {
    const other = Math.floor(draw() * (last + 1))
    ;[result[last], result[other]] = [result[other], result[last]]
  }
  return result
}
