import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { text } from 'node:stream/consumers'
import { z } from 'zod'
import { RemedyError } from '../../core/remedy-error.js'

// What is a matter of taste; that the migrator waits for locks only briefly and in its own way; that Prisma writes the
// values of an enum without their place; and what findUnsafe judges by the number of statements.
const ignoredRules = [
  'prefer-bigint-over-int',
  'prefer-bigint-over-smallint',
  'prefer-identity',
  'prefer-robust-stmts',
  'prefer-text-field',
  'prefer-timestamp-tz',
  'require-lock-timeout',
  'require-statement-timeout',
  'require-concurrent-index-deletion',
  'require-enum-value-ordering',
  'transaction-nesting',
  'ban-concurrent-index-creation-in-transaction',
]
const words = [
  '--assume-in-transaction',
  '--pg-version',
  '15.0',
  '--reporter',
  'json',
  '--stdin-filepath',
  'script.sql',
]

const findings = z.array(
  z.object({ line: z.int(), column: z.int(), rule_name: z.string(), message: z.string(), help: z.string().nullable() }),
)

/**
 * Finds what is unsafe on a database in use, as Squawk judges it (https://squawkhq.com/docs/rules).
 *
 * @returns the rule, its explanation, and the place in the script
 * @throws RemedyError if Squawk cannot run here
 */
export async function runSquawk(script: string): Promise<{ rule: string; explanation: string; offset: number }[]> {
  const child = spawn(findProgram(), [...words, '--exclude', ignoredRules.join(',')])
  const failure = new Promise<never>((_resolve, reject) =>
    child.once('error', (cause) => reject(didNotRun(cause.message, cause))),
  )
  child.stdin.on('error', () => {})
  child.stdin.end(script)
  const [output, errors] = await Promise.race([failure, Promise.all([text(child.stdout), text(child.stderr)])])
  const lines = script.split('\n')
  return parse(output, errors).map(({ line, column, rule_name: rule, message, help }) => ({
    rule,
    explanation: [message, help].filter(Boolean).join(' '),
    offset: lines.slice(0, line).join('\n').length + column + Math.min(line, 1),
  }))
}

// Its package starts the program in a second process, which takes longer than the program itself.
function findProgram(): string {
  const suffix = process.platform === 'win32' ? '.exe' : ''
  try {
    const require = createRequire(import.meta.url)
    const besides = createRequire(require.resolve('squawk-cli/package.json'))
    return besides.resolve(`@squawk-cli/${process.platform}-${process.arch}/bin/squawk${suffix}`)
  } catch (cause) {
    throw didNotRun('it is not installed', cause)
  }
}

function parse(output: string, errors: string): z.output<typeof findings> {
  if (output.startsWith('[')) return findings.parse(JSON.parse(output))
  throw didNotRun(errors.trim() || 'it printed nothing')
}

function didNotRun(reason: string, cause?: unknown): RemedyError {
  return new RemedyError(
    `Squawk, which judges migrations, did not run: ${reason}.\n` +
      'It needs the optional packages (npm install --include=optional), and Linux with glibc, macOS or Windows.',
    { cause },
  )
}
