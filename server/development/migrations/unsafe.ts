import { readMigrations } from '../../core/database/migrations/folder.js'
import { readStatements, type Statement } from '../../core/database/migrations/statements.js'
import { runSquawk } from './squawk.js'
import { findByOurRules, type UnsafeStatement } from './unsafe-rules.js'

// Up to here, migrations were written before any database was in use. They are applied, and cannot be changed.
const lastUnjudged = '20261127115012_api_keys'

/**
 * Judges the migrations of a folder. An unsafe statement is accepted if a comment before it has the reason:
 * `-- unsafe: RULE: REASON`.
 *
 * @returns a line for each fault
 */
export async function findMigrationFaults(folder?: string): Promise<string[]> {
  const migrations = (await readMigrations(folder)).filter(({ name }) => name > lastUnjudged)
  const faults = await Promise.all(
    migrations.map(async ({ name, sql }) =>
      (await findScriptFaults(sql)).map((fault) => `prisma/migrations/${name}/migration.sql:${fault}`),
    ),
  )
  return faults.flat()
}

/** Judges one script, as {@link findMigrationFaults} does. */
export async function findScriptFaults(script: string): Promise<string[]> {
  const unsafe = await findUnsafe(script)
  const waivers = readStatements(script).flatMap(readWaivers)
  const isAbout = (waiver: Waiver, { rule, statement }: UnsafeStatement) =>
    waiver.rule === rule && waiver.start === statement.start
  const unjustified = unsafe.filter(
    (found) => !waivers.some((waiver) => isAbout(waiver, found) && waiver.reason.length >= shortestReason),
  )
  const needless = waivers.filter((waiver) => !unsafe.some((found) => isAbout(waiver, found)))
  const ignoring = script.split('\n').findIndex((line) => /--.*\bsquawk-ignore/i.test(line))
  return [
    ...unjustified.map(({ statement, rule, explanation }) => `${statement.line} ${rule}: ${explanation}`),
    ...needless.map(
      ({ line, rule }) => `${line} "-- unsafe: ${rule}" is before no statement to which this rule applies.`,
    ),
    ...(ignoring < 0 ? [] : [`${ignoring + 1} squawk-ignore gives no reason. Use "-- unsafe: RULE: REASON".`]),
  ]
}

/** Finds the unsafe statements of a script, whatever reasons it contains, in their order. */
export async function findUnsafe(script: string): Promise<UnsafeStatement[]> {
  const statements = readStatements(script)
  const known = (await runSquawk(script)).flatMap(({ offset, ...found }) => {
    const statement = statements.findLast(({ start }) => start <= offset) ?? statements[0]
    return statement ? [{ ...found, statement }] : []
  })
  const all = [...known, ...findByOurRules(statements)]
  const isFirst = ({ rule, statement }: UnsafeStatement, index: number) =>
    all.findIndex((other) => other.rule === rule && other.statement === statement) === index
  return all.filter(isFirst).toSorted((a, b) => a.statement.start - b.statement.start)
}

interface Waiver {
  rule: string
  reason: string
  line: number
  /** That of the statement. */
  start: number
}

const shortestReason = 10

function readWaivers({ text, line, words, start }: Statement): Waiver[] {
  const comments = text.slice(0, words.search(/\S/)).split('\n')
  return comments.flatMap((comment, index) => {
    const [, rule = '', reason = ''] = /^\s*--\s*unsafe:\s*([\w-]+)\s*:?(.*)$/.exec(comment) ?? []
    return rule ? [{ rule, reason: reason.trim(), line: line - comments.length + index + 1, start }] : []
  })
}
