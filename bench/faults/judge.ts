import { rounded } from '../support/timing.js'
import type { Audit } from './ledger.js'
import type { Outcome } from './traffic.js'

/** A row of the table of what a fault did. */
export type Harm = {
  fault: string
  seconds: number
  answers: number
  refused: number
  'bad answers': string
  'slowest refusal, s': string
  'ready, %': number | string
  'back after, s': number | string
  acknowledged: number
  ledger: string
  'exit code': number | string
  verdict: string
}

export const endOf = ({ startedAt, ms }: Outcome): number => startedAt + ms
export const isGood = ({ status }: Outcome): boolean => status >= 200 && status < 300
/** Whether it is one that no client should get, however busy the machine is. */
export const isWrong = (outcome: Outcome): boolean => isBad(outcome) && outcome.status > 0
export const isBad = (outcome: Outcome): boolean => !isGood(outcome) && !isGoodRefusal(outcome)

/** Whether a server that cannot answer says so as it should: when to try again, which request this was, and why. */
export function isGoodRefusal({ kind, status, headers, body }: Outcome): boolean {
  if (status !== 503 && status !== 429) return false
  if (kind === 'readyz') return true
  return Boolean(headers['retry-after'] && headers['x-request-id']) && body.startsWith('{"error":{"code":"')
}

/** The kinds of answers that nobody should get, the most frequent first. */
export function listBad(outcomes: readonly Outcome[]): string {
  const counts = new Map<string, number>()
  for (const { status, fault, kind } of outcomes) {
    const name = `${kind} ${status || fault}`
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  const sorted = [...counts].toSorted(([, a], [, b]) => b - a)
  const shown = sorted.slice(0, 3).map(([name, count]) => `${count} x ${name}`)
  return [...shown, ...(sorted.length > 3 ? [`and ${sorted.length - 3} kinds more`] : [])].join('; ')
}

/** The longest that a client waited to be refused, in seconds, and for what. */
export function slowestRefusal(outcomes: readonly Outcome[]): string {
  const slowest = outcomes.filter(isGoodRefusal).toSorted((a, b) => b.ms - a.ms)[0]
  return slowest ? `${rounded(slowest.ms / 1000, 1)} (${slowest.kind})` : ''
}

const promptMs = 1_000

/** Whether requests were refused, or waited for a second, although nothing was wrong yet. */
export function wasBusy(outcomes: readonly Outcome[], before: number): boolean {
  const early = outcomes.filter((outcome) => endOf(outcome) < before)
  return early.some((outcome) => !isGood(outcome)) || early.filter(({ ms }) => ms > promptMs).length > early.length / 50
}

const refusedWithinMs = 5_000

/** Whether somebody waited too long to be refused; not counting what a bare probe waited on this machine. */
export function isLate(outcomes: readonly Outcome[]): boolean {
  const most = refusedWithinMs + longestProbe(outcomes)
  return outcomes.some((outcome) => isGoodRefusal(outcome) && outcome.ms > most)
}

/** How long the slowest answer to a probe took that asks nothing of the database: what this machine itself takes. */
export function longestProbe(outcomes: readonly Outcome[]): number {
  return Math.max(0, ...outcomes.filter(({ kind }) => kind === 'livez').map(({ ms }) => ms))
}

/** Whether something that was acknowledged is not there, or not whole, or there twice. */
export function disagrees({ lost, doubled, halfDone, forgotten }: Audit): boolean {
  return lost + doubled + halfDone + forgotten > 0
}

export function describeLedger({ acknowledged: _none, ...counts }: Audit, lostSessions: number): string {
  const found = Object.entries({ ...counts, lostSessions }).filter(([, count]) => count > 0)
  return found.map(([name, count]) => `${count} ${name}`).join(', ') || 'agrees'
}

type Check = [isBroken: boolean, problem: string]

/** What was looked at. */
export interface Checks {
  /** What holds on any machine. */
  always: readonly Check[]
  /** What holds where the server has the processor when it needs it. */
  inTime: readonly Check[]
  /** Whether the machine was too busy to tell anything from times. */
  isBusy: boolean
}

/** Of a run that only a slow machine may have spoiled. */
export const isAboutTime = ({ verdict }: Harm): boolean => verdict.startsWith('IN TIME: ')

/** Prints what was wrong, and what the server said about it. @returns it as one text, or one that begins with `ok` */
export function toVerdict(name: string, { always, inTime, isBusy }: Checks, log: readonly string[]): string {
  const broken = (checks: readonly Check[]) => checks.flatMap(([isBroken, problem]) => (isBroken ? [problem] : []))
  const wrong = broken(always)
  const late = broken(inTime)
  if (wrong.length === 0 && late.length === 0) return 'ok'
  if (wrong.length === 0 && isBusy) return 'ok, times not judged: the machine is busy'
  const problems = wrong.length > 0 ? [...wrong, ...late] : [`IN TIME: ${late.join(', ')}`]
  console.log(`\n${name}: ${problems.join(', ')}`)
  for (const line of log.slice(0, 12)) console.log(`  log: ${line}`)
  return problems.join(', ')
}
