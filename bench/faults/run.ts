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

/** A fault of the database with a limited duration. */
export interface Fault {
  name: string
  /** Resolves when the fault has ended; the service must work again within five seconds. */
  cause(world: World): Promise<void>
  /** The expected state of readiness during the fault, if it is certain. */
  readiness?: 'ready' | 'unready'
  /** The requests that must succeed during the fault, by the beginning of their kind. */
  unharmed?: readonly string[]
  /** The share of requests that may be rejected if the server can handle the fault. */
  mostRefused?: number
  /** The delay of each packet. */
  delayMs?: number
  /** Omitted from quick runs. */
  isSlow?: true
}

const backWithinMs = 5_000
// After this time, a service that does not work is broken and not slow, on any machine.
const neverMs = 40_000
const exitWithinMs = 30_000

/** Causes a fault for a server under load, and compares its responses with the data afterwards. */
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

/** Ends the server. @returns its exit code, or that it did not end in time */
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

// A probe may take a second to detect the fault, as for a load balancer.
function readyShare({ traffic, startedAt, endedAt }: Story): number {
  const asked = traffic.outcomes.filter(
    (outcome) => outcome.kind === 'readyz' && outcome.startedAt > startedAt + 1_000 && endOf(outcome) < endedAt,
  )
  return asked.filter(isGood).length / Math.max(1, asked.length)
}

/** Waits for the time after the fault in which the server is observed, or longer if it does not work by then. */
async function untilBack(story: Pick<Story, 'traffic' | 'endedAt'>, { after }: Extent): Promise<void> {
  await delay(after)
  const elapsed = () => performance.now() - story.endedAt
  while (typeof backAfter(story) === 'string' && elapsed() < backWithinMs + after) await delay(100)
  while (!isAnsweredSince(story, story.endedAt) && elapsed() < neverMs) await delay(100)
}

/** The time from the end of the fault to the last failed response, in seconds. */
function backAfter({ traffic: { outcomes }, endedAt }: Pick<Story, 'traffic' | 'endedAt'>): number | string {
  const last = Math.max(endedAt, ...outcomes.filter((outcome) => !isGood(outcome)).map(endOf))
  return isAnsweredSince({ traffic: { outcomes } }, last) ? rounded((last - endedAt) / 1000, 1) : 'not yet'
}

// Logins are rare, so one kind may be missing.
function isAnsweredSince({ traffic: { outcomes } }: { traffic: Pick<Traffic, 'outcomes'> }, time: number): boolean {
  const kindsOf = (some: typeof outcomes) => new Set(some.map(({ kind }) => kind)).size
  return kindsOf(outcomes.filter((one) => isGood(one) && endOf(one) > time)) >= kindsOf(outcomes) - 1
}
