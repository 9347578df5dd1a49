import { rounded } from '../support/timing.js'
import type { Audit } from './ledger.js'
import type { Outcome } from './traffic.js'

/** The results of a fault, as a row of the table. */
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
/** Whether it is a response that no client should get, however busy the machine is. */
export const isWrong = (outcome: Outcome): boolean => isBad(outcome) && outcome.status > 0
export const isBad = (outcome: Outcome): boolean => !isGood(outcome) && !isGoodRefusal(outcome)

/** Whether a rejection has what it should: `Retry-After`, the id of the request, and the error. */
export function isGoodRefusal({ kind, status, headers, body }: Outcome): boolean {
  if (status !== 503 && status !== 429) return false
  if (kind === 'readyz') return true
  return Boolean(headers['retry-after'] && headers['x-request-id']) && body.startsWith('{"error":{"code":"')
}

/** The kinds of responses that clients should not get, the most frequent first. */
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

/** The longest time until a rejection, in seconds, and the kind of request. */
export function slowestRefusal(outcomes: readonly Outcome[]): string {
  const slowest = outcomes.filter(isGoodRefusal).toSorted((a, b) => b.ms - a.ms)[0]
  return slowest ? `${rounded(slowest.ms / 1000, 1)} (${slowest.kind})` : ''
}

const promptMs = 1_000

/** Whether requests failed or took more than a second before the fault. */
export function wasBusy(outcomes: readonly Outcome[], before: number): boolean {
  const early = outcomes.filter((outcome) => endOf(outcome) < before)
  return early.some((outcome) => !isGood(outcome)) || early.filter(({ ms }) => ms > promptMs).length > early.length / 50
}

const refusedWithinMs = 5_000

/** Whether a rejection took too long, not counting the time of a probe that needs no database. */
export function isLate(outcomes: readonly Outcome[]): boolean {
  const most = refusedWithinMs + longestProbe(outcomes)
  return outcomes.some((outcome) => isGoodRefusal(outcome) && outcome.ms > most)
}

/** The time of the slowest response to a probe that needs no database, which is that of the machine itself. */
export function longestProbe(outcomes: readonly Outcome[]): number {
  return Math.max(0, ...outcomes.filter(({ kind }) => kind === 'livez').map(({ ms }) => ms))
}

/** Whether an acknowledged change is missing, incomplete or duplicated. */
export function disagrees({ lost, doubled, halfDone, forgotten }: Audit): boolean {
  return lost + doubled + halfDone + forgotten > 0
}

export function describeLedger({ acknowledged: _none, ...counts }: Audit, lostSessions: number): string {
  const found = Object.entries({ ...counts, lostSessions }).filter(([, count]) => count > 0)
  return found.map(([name, count]) => `${count} ${name}`).join(', ') || 'agrees'
}

type Check = [isBroken: boolean, problem: string]

/** The results to judge. */
export interface Checks {
  /** Criteria for any machine. */
  always: readonly Check[]
  /** Criteria for a machine that is not busy. */
  inTime: readonly Check[]
  /** Whether the machine was too busy for results about times. */
  isBusy: boolean
}

/** Whether only a slow machine may have caused the failure of a run. */
export const isAboutTime = ({ verdict }: Harm): boolean => verdict.startsWith('IN TIME: ')

/**
 * Prints the failures, and the errors that the server logged. @returns them as one text, or one that begins with `ok`
 */
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
