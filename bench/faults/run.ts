import { setTimeout as delay } from 'node:timers/promises'
import { rounded } from '../support/timing.js'
import {
  type Checks,
  describeLedger,
  disagrees,
  endOf,
  type Harm,
  isBad,
  isGood,
  isGoodRefusal,
  isLate,
  isWrong,
  listBad,
  longestProbe,
  slowestRefusal,
  toVerdict,
  wasBusy,
} from './judge.js'
import { type Audit, createLedger } from './ledger.js'
import { startTraffic, type Traffic } from './traffic.js'
import type { Extent, Lane, World } from './world.js'

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
  /** Left out of quick runs. */
  isSlow?: true
}

const backWithinMs = 5_000
// What is not back by then is not slow but broken, on any machine.
const neverMs = 40_000
const exitWithinMs = 30_000

/** Lets a fault happen to a server under load, and compares what it answered with what is there afterwards. */
export async function runFault(lane: Lane, fault: Fault): Promise<Harm> {
  const world = await lane.createWorld({ delayMs: fault.delayMs ?? 0 })
  try {
    const ledger = createLedger()
    const traffic = startTraffic({ ...world, url: world.server.url, ledger })
    await traffic.warm()
    await delay(world.extent.before)
    const startedAt = performance.now()
    await fault.cause(world)
    const endedAt = performance.now()
    await untilBack({ traffic, endedAt }, world.extent)
    const wasRunning = world.server.isRunning()
    await traffic.stop()
    const exit = await stopWithin(world, exitWithinMs, 'SIGINT')
    const audit = await ledger.audit(await world.connect())
    return describe({ fault, traffic, startedAt, endedAt, wasRunning, exit, audit }, world)
  } finally {
    await world.close()
  }
}

/** Ends the server. @returns its exit code, or that there was none in time */
export function stopWithin({ server }: World, ms: number, signal: 'SIGTERM' | 'SIGINT'): Promise<number | string> {
  return Promise.race([server.stop(signal), delay(ms, `none in ${ms / 1000} s`)])
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
  const { outcomes } = traffic
  return {
    fault: fault.name,
    seconds: rounded((endedAt - startedAt) / 1000, 1),
    answers: outcomes.length,
    refused: outcomes.filter(isGoodRefusal).length,
    'bad answers': listBad(outcomes.filter(isBad)),
    'slowest refusal, s': slowestRefusal(outcomes),
    'ready, %': rounded(100 * readyShare(story)),
    'back after, s': backAfter(story),
    acknowledged: audit.acknowledged,
    ledger: describeLedger(audit, traffic.lostSessions()),
    'exit code': exit,
    verdict: toVerdict(fault.name, checksOf(story), server.faults()),
  }
}

function checksOf(story: Story): Checks {
  const { fault, traffic, startedAt, endedAt, wasRunning, exit, audit } = story
  const { outcomes } = traffic
  const during = outcomes.filter((outcome) => outcome.startedAt >= startedAt && endOf(outcome) <= endedAt)
  const mayNot = fault.unharmed ?? []
  const harmed = during.filter((one) => !isGood(one) && mayNot.some((name) => one.kind.startsWith(name)))
  const refusedShare = during.filter(isGoodRefusal).length / Math.max(1, during.length)
  const after = backAfter(story)
  const ready = readyShare(story)
  const always: Checks['always'] = [
    [!wasRunning, 'THE PROCESS DIED'],
    [outcomes.some(isWrong), 'BAD ANSWERS'],
    [disagrees(audit), 'THE LEDGER DISAGREES'],
    [traffic.lostSessions() > 0, 'SESSIONS LOST'],
    [exit !== 0, 'EXIT CODE'],
    [wasRunning && !isAnsweredSince(story, endedAt), 'NOT BACK AT ALL'],
  ]
  const inTime: Checks['inTime'] = [
    [outcomes.some((outcome) => endOf(outcome) < startedAt && !isGood(outcome)), 'UNSTEADY BEFORE'],
    [outcomes.some(isBad), 'ANSWERS LOST'],
    [isLate(outcomes), 'LATE REFUSALS'],
    [typeof after === 'string' || after * 1000 > backWithinMs + longestProbe(outcomes), 'NOT BACK IN TIME'],
    [harmed.length > 0, `UNRELATED REQUESTS REFUSED (${listBad(harmed)})`],
    [refusedShare > (fault.mostRefused ?? 1), `REFUSED ${rounded(100 * refusedShare)} %`],
    [fault.readiness === 'ready' && ready < 0.9, 'UNREADY WITHOUT NEED'],
    [fault.readiness === 'unready' && ready > 0.5, 'READY THOUGH BROKEN'],
  ]
  return { always, inTime, isBusy: wasBusy(outcomes, startedAt) }
}

// A probe that finds the cause has a second to notice it, as a balancer has.
function readyShare({ traffic, startedAt, endedAt }: Story): number {
  const asked = traffic.outcomes.filter(
    (outcome) => outcome.kind === 'readyz' && outcome.startedAt > startedAt + 1_000 && endOf(outcome) < endedAt,
  )
  return asked.filter(isGood).length / Math.max(1, asked.length)
}

/** Waits for the time in which the server is looked at afterwards; longer, if it is not back by then. */
async function untilBack(story: Pick<Story, 'traffic' | 'endedAt'>, { after }: Extent): Promise<void> {
  await delay(after)
  const elapsed = () => performance.now() - story.endedAt
  while (typeof backAfter(story) === 'string' && elapsed() < backWithinMs + after) await delay(100)
  while (!isAnsweredSince(story, story.endedAt) && elapsed() < neverMs) await delay(100)
}

/** How long after the end of the cause the last answer came that was not good, in seconds. */
function backAfter({ traffic: { outcomes }, endedAt }: Pick<Story, 'traffic' | 'endedAt'>): number | string {
  const last = Math.max(endedAt, ...outcomes.filter((outcome) => !isGood(outcome)).map(endOf))
  return isAnsweredSince({ traffic: { outcomes } }, last) ? rounded((last - endedAt) / 1000, 1) : 'not yet'
}

// Logins are rare, so that one kind may be missing.
function isAnsweredSince({ traffic: { outcomes } }: { traffic: Pick<Traffic, 'outcomes'> }, time: number): boolean {
  const kindsOf = (some: typeof outcomes) => new Set(some.map(({ kind }) => kind)).size
  return kindsOf(outcomes.filter((one) => isGood(one) && endOf(one) > time)) >= kindsOf(outcomes) - 1
}
