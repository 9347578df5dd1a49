import { setTimeout as delay } from 'node:timers/promises'
import { rounded } from '../support/timing.js'
import { type Audit, createLedger } from './ledger.js'
import { isRefusal, type Outcome, startTraffic, type Traffic } from './traffic.js'
import type { Lane, World } from './world.js'

/** Something that goes wrong with the database, and ends. */
export interface Fault {
  name: string
  /** Resolves when the cause is gone; from then on service has five seconds to be back. */
  cause(world: World): Promise<void>
  /** What readiness says while the cause is there, where that is certain. */
  readiness?: 'ready' | 'unready'
  /** Which requests must be answered well all the while, by the beginning of their kind. */
  unharmed?: readonly string[]
  /** The share of requests that may be refused, where the fault is one that can be worked around. */
  mostRefused?: number
  /** How much later each packet comes. */
  delayMs?: number
}

/** A row of the table of what a fault did. */
export type Harm = {
  fault: string
  seconds: number
  answers: number
  refused: number
  'bad answers': string
  'slowest refusal, s': number
  'ready, %': number
  'back after, s': number | string
  acknowledged: number
  ledger: string
  'exit code': number | string
  verdict: string
}

const steadyMs = 2_000
const afterMs = 7_000
const backWithinMs = 5_000
const refusedWithinMs = 5_000
const exitWithinMs = 30_000

/** Lets a fault happen to a server under load, and compares what it answered with what is there afterwards. */
export async function runFault(lane: Lane, fault: Fault): Promise<Harm> {
  const world = await lane.createWorld({ delayMs: fault.delayMs ?? 0 })
  try {
    const ledger = createLedger()
    const traffic = startTraffic({ ...world, url: world.server.url, ledger })
    await delay(steadyMs)
    const startedAt = performance.now()
    await fault.cause(world)
    const endedAt = performance.now()
    await delay(afterMs)
    const wasRunning = world.server.isRunning()
    await traffic.stop()
    const exit = await stopWithin(world)
    const database = await world.connect()
    const story = { fault, traffic, startedAt, endedAt, wasRunning, exit, audit: await ledger.audit(database) }
    return describe(story, world)
  } finally {
    await world.close()
  }
}

async function stopWithin({ server }: World): Promise<number | string> {
  return Promise.race([server.stop(), delay(exitWithinMs, 'none in 30 s')])
}

interface Story {
  fault: Fault
  traffic: Traffic
  startedAt: number
  endedAt: number
  wasRunning: boolean
  exit: number | string
  audit: Audit
}

function describe(story: Story, { server }: World): Harm {
  const { fault, traffic, startedAt, endedAt, exit, audit } = story
  const refused = traffic.outcomes.filter(isGoodRefusal)
  const problems = problemsOf(story)
  if (problems.length > 0) {
    console.log(`\n${fault.name}: ${problems.join(', ')}`)
    for (const line of server.faults().slice(0, 12)) console.log(`  log: ${line}`)
  }
  return {
    fault: fault.name,
    seconds: rounded((endedAt - startedAt) / 1000, 1),
    answers: traffic.outcomes.length,
    refused: refused.length,
    'bad answers': badAnswers(traffic.outcomes),
    'slowest refusal, s': rounded(Math.max(0, ...refused.map(({ ms }) => ms)) / 1000, 1),
    'ready, %': rounded(100 * readyShare(story)),
    'back after, s': backAfter(story),
    acknowledged: audit.acknowledged,
    ledger: describeLedger(story),
    'exit code': exit,
    verdict: problems.length > 0 ? problems.join(', ') : 'ok',
  }
}

function problemsOf(story: Story): string[] {
  const { fault, traffic, startedAt, endedAt, wasRunning, exit, audit } = story
  const { outcomes } = traffic
  const during = outcomes.filter((outcome) => outcome.startedAt >= startedAt && endOf(outcome) <= endedAt)
  const harmed = during.filter(
    ({ kind, status }) => status >= 300 && (fault.unharmed ?? []).some((name) => kind.startsWith(name)),
  )
  const refusedShare = during.filter(isGoodRefusal).length / Math.max(1, during.length)
  const after = backAfter(story)
  const ready = readyShare(story)
  const checks: [isBroken: boolean, problem: string][] = [
    [outcomes.some((outcome) => endOf(outcome) < startedAt && !isGood(outcome)), 'UNSTEADY BEFORE'],
    [!wasRunning, 'THE PROCESS DIED'],
    [outcomes.some(isBad), 'BAD ANSWERS'],
    [outcomes.some((outcome) => isGoodRefusal(outcome) && outcome.ms > refusedWithinMs), 'LATE REFUSALS'],
    [typeof after === 'string' || after * 1000 > backWithinMs, 'NOT BACK IN TIME'],
    [harmed.length > 0, `UNRELATED REQUESTS REFUSED (${harmed.length})`],
    [refusedShare > (fault.mostRefused ?? 1), `REFUSED ${rounded(100 * refusedShare)} %`],
    [fault.readiness === 'ready' && ready < 0.9, 'UNREADY WITHOUT NEED'],
    [fault.readiness === 'unready' && ready > 0.5, 'READY THOUGH BROKEN'],
    [audit.lost + audit.doubled + audit.halfDone + audit.forgotten > 0, 'THE LEDGER DISAGREES'],
    [traffic.lostSessions() > 0, 'SESSIONS LOST'],
    [exit !== 0, 'EXIT CODE'],
  ]
  return checks.flatMap(([isBroken, problem]) => (isBroken ? [problem] : []))
}

const endOf = ({ startedAt, ms }: Outcome) => startedAt + ms
const isGood = ({ status }: Outcome) => status >= 200 && status < 300
const isGoodRefusal = ({ status, headers, kind }: Outcome) =>
  isRefusal(status) && (headers['retry-after'] !== undefined || kind === 'readyz')
const isBad = (outcome: Outcome) => !isGood(outcome) && !isGoodRefusal(outcome)

function badAnswers(outcomes: readonly Outcome[]): string {
  const counts = new Map<string, number>()
  for (const { status, fault, kind } of outcomes.filter(isBad)) {
    const name = `${kind} ${status || fault}`
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  const sorted = [...counts].toSorted(([, a], [, b]) => b - a)
  const shown = sorted.slice(0, 3).map(([name, count]) => `${count} x ${name}`)
  return [...shown, ...(sorted.length > 3 ? [`and ${sorted.length - 3} kinds more`] : [])].join('; ')
}

// A probe that finds the cause has a second to notice it, as a balancer has.
function readyShare({ traffic, startedAt, endedAt }: Story): number {
  const asked = traffic.outcomes.filter(
    (outcome) => outcome.kind === 'readyz' && outcome.startedAt > startedAt + 1_000 && endOf(outcome) < endedAt,
  )
  return asked.filter(isGood).length / Math.max(1, asked.length)
}

/** How long after the end of the cause the last answer came that was not good. */
function backAfter({ traffic, endedAt }: Story): number | string {
  const last = Math.max(endedAt, ...traffic.outcomes.filter((outcome) => !isGood(outcome)).map(endOf))
  const later = traffic.outcomes.filter((outcome) => endOf(outcome) > last)
  const kinds = new Set(traffic.outcomes.map(({ kind }) => kind))
  const isBack = new Set(later.map(({ kind }) => kind)).size >= kinds.size - 1
  return isBack ? rounded((last - endedAt) / 1000, 1) : `not in ${afterMs / 1000} s`
}

function describeLedger({ audit, traffic }: Story): string {
  const { acknowledged: _none, ...counts } = audit
  const found = Object.entries({ ...counts, lostSessions: traffic.lostSessions() }).filter(([, count]) => count > 0)
  return found.map(([name, count]) => `${count} ${name}`).join(', ') || 'agrees'
}
