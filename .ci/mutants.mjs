// Changes production code in a copy, one place at a time, and expects tests to fail.
//   node .ci/mutants.mjs --guards [--count N] [--seconds 300] [--seed N]   conditions, transactions, locks and guards
//   (no mutant is begun after that time, and the last one is decided)
//   node .ci/mutants.mjs --random 150 [--seed N]               any operator, all of server/ and client/
// `--only TEXTS` keeps to places (`folder/file.ts:12`) that have one of the texts, which commas separate. `--near` leaves out
// the tests that reach a file only through others, which tells fast where to look. `--list` says what would be tried. A
// survivor that changes no behaviour stands in mutants/equivalent.json, with the reason.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { findGuards } from './mutants/guards.mjs'
import { findRandom } from './mutants/operators.mjs'
import { readProduction, testFinder } from './mutants/sources.mjs'
import { openSuite } from './mutants/suite.mjs'
import { changedLines, isValid, mutate } from './mutants/syntax.mjs'
import { findRefusedByTypes } from './mutants/types.mjs'

const killedShareMin = 0.85
/** So many mutants are compiled before they are tried. */
const sliceSize = 24
const { values } = parseArgs({
  options: {
    guards: { type: 'boolean' },
    random: { type: 'string' },
    count: { type: 'string' },
    seconds: { type: 'string' },
    seed: { type: 'string' },
    only: { type: 'string', default: '' },
    near: { type: 'boolean' },
    list: { type: 'boolean' },
  },
})
if (Boolean(values.guards) === Boolean(values.random)) throw new Error('Say either --guards or --random NUMBER.')
const seed = values.seed ?? '1'
const deadline = performance.now() + 1000 * Number(values.seconds ?? (values.guards ? 300 : Number.POSITIVE_INFINITY))
// What was begun before the deadline is decided: a survivor has to pass all tests.
const end = deadline + 600_000
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
  const sources = readProduction(copy)
  const found = sources.flatMap((source) => distinct(values.guards ? findGuards(source) : findRandom(source), source))
  const only = values.only.split(',')
  const all = found.filter(({ file, line }) => only.some((text) => `${file}:${line} `.includes(text)))
  const chosen = inOrder(all).slice(0, Number(values.random ?? values.count ?? all.length))
  console.log(`${all.length} mutants in ${new Set(all.map(({ file }) => file)).size} files; seed ${seed}.`)
  if (all.length === 0) throw new Error('No mutant was found.')
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
  const known = JSON.parse(readFileSync(path.join(import.meta.dirname, 'mutants/equivalent.json'), 'utf8'))
  await assertPassing('server/access-matrix.test.ts')
  const tests = testFinder(copy)
  const results = []
  for (let start = 0; start < chosen.length && performance.now() < deadline; start += sliceSize) {
    const slice = chosen
      .slice(start, start + sliceSize)
      .map((candidate) => ({ ...candidate, ...reasonOf(candidate, known) }))
    const refused = findRefusedByTypes(
      copy,
      slice.filter(({ reason }) => !reason),
    )
    for (const candidate of slice) {
      if (performance.now() > deadline) break
      const startedAt = performance.now()
      const outcome = await judge(candidate, { refused, tests })
      printOutcome({ ...candidate, ...outcome }, Math.round((performance.now() - startedAt) / 1000))
      results.push({ ...candidate, ...outcome })
    }
  }
  return results
}

// Twice, because on a busy machine a test can fail by chance.
async function assertPassing(testFile) {
  let result
  for (const _attempt of [1, 2]) {
    result = await suite.run([testFile], 300_000)
    if (result.count > 0 && result.failed.length === 0) return
  }
  throw new Error(`The tests fail without a mutant: ${result.failed.slice(0, 3).join('; ') || 'none ran'}`)
}

function reasonOf(candidate, known) {
  const equivalent = known.find(
    ({ file, before, after }) => file === candidate.file && before === candidate.before && after === candidate.after,
  )
  return { reason: equivalent?.reason }
}

async function judge(candidate, { refused, tests }) {
  if (candidate.reason) return { outcome: 'equivalent', by: candidate.reason }
  if (refused.has(candidate)) return { outcome: 'types', by: 'tsc refuses it' }
  return tryOne(candidate, tests)
}

function printOutcome({ outcome, kind, file, line, by, before, after }, seconds) {
  console.log(`${outcome.padEnd(10)} ${String(seconds).padStart(4)} s  ${kind.padEnd(11)} ${file}:${line}  ${by ?? ''}`)
  if (outcome === 'survived') console.log(`- ${before}\n+ ${after}`)
}

async function tryOne(candidate, tests) {
  const { file, text } = candidate
  const stages = tests.stagesOf(candidate)
  write(file, mutate(text, candidate))
  try {
    for (const stage of values.near ? stages.slice(0, -1) : stages) {
      if (stage.tests.length === 0) continue
      const outcome = await runUnder(candidate, stage)
      if (!outcome) continue
      tests.learn(candidate, outcome.files ?? [])
      return outcome
    }
    return { outcome: 'survived' }
  } finally {
    write(file, text)
  }
}

/**
 * Runs tests on the mutant. A test counts if it fails twice on the mutant and passes without it, because on a busy machine
 * one can fail by chance; otherwise it is omitted and the others are repeated.
 */
async function runUnder({ file, text, ...candidate }, { tests, pattern }) {
  const { failed, isTimeout, ...result } = await runWithin(tests, pattern)
  if (isTimeout && performance.now() > end) return { outcome: 'undecided' }
  if (failed.length === 0) return null
  // A time limit does not say which test exceeded it. That of many tests is so long that only an endless loop does.
  const failedFiles = isTimeout && tests.length <= 10 ? tests : (result.failedFiles ?? [])
  const again = failedFiles.length > 0 && !isTimeout ? await runWithin(failedFiles, pattern) : { failed }
  if (again.isTimeout && performance.now() > end) return { outcome: 'undecided' }
  write(file, text)
  const failing = again.failed.length > 0 ? await findFailing(failedFiles) : failedFiles
  if (failing.length < failedFiles.length || failedFiles.length === 0) {
    return { outcome: 'killed', by: failed[0], files: failedFiles }
  }
  const isChance = again.failed.length === 0
  console.log(
    `${failing.join(', ')} ${isChance ? 'failed once and then passed' : 'fails without a mutant too'}, and is left out.`,
  )
  write(file, mutate(text, candidate))
  const others = tests.filter((test) => !failing.includes(test))
  return runUnder({ file, text, ...candidate }, { tests: others, pattern })
}

function runWithin(tests, pattern) {
  const limitMs = Math.min(120_000 + 15_000 * tests.length, end - performance.now())
  return suite.run(tests, limitMs, pattern)
}

// Whether a test file passes on the original code. One that does not pass detects nothing.
function passesWithout(testFile) {
  const limitMs = Math.min(300_000, end - performance.now() + 30_000)
  const known = passing.get(testFile) ?? suite.run([testFile], limitMs).then(({ failed }) => failed.length === 0)
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
  if (judged === 0) console.log('No mutant was decided, which says nothing about the tests.')
  // How many fit into the time says something of the machine, not of the code.
  return (values.guards ? killed === judged : share >= killedShareMin) ? 0 : 1
}

/** An order by chance that a change of other code does not alter: CI begins with the same mutants each time. */
function inOrder(mutants) {
  const keyed = mutants.map((mutant) => ({ mutant, key: keyOf(mutant) }))
  return keyed.toSorted((a, b) => a.key.localeCompare(b.key)).map(({ mutant }) => mutant)
}

function keyOf({ file, before, after }) {
  return createHash('sha256').update(`${seed} ${file} ${before} ${after}`).digest('hex')
}
