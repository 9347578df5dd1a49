import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { startServer } from '../support/server-process.js'
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
  slowestRefusal,
  toVerdict,
  wasBusy,
} from './judge.js'
import { type Audit, createLedger } from './ledger.js'
import { stopWithin } from './run.js'
import { reads } from './targets.js'
import { type Outcome, startTraffic, type Traffic } from './traffic.js'
import type { Lane, World } from './world.js'

/** A way to end a server under load. */
export interface Ending {
  name: string
  /** Makes the end more difficult; resolves when the server may be told to end. */
  before?(world: World): Promise<void> | void
  /** Whether the server is killed without a graceful shutdown. */
  isKilled?: true
  /** Omitted from quick runs. */
  isSlow?: true
}

const deafClients = 100

export const endings: readonly Ending[] = [
  { name: 'SIGTERM, with clients that keep their connections' },
  {
    name: 'SIGTERM, with clients that never read',
    before: ({ server }) =>
      sendFromMany(server.url, `GET ${reads.list} HTTP/1.1\r\nhost: localhost\r\n\r\n`.repeat(50)),
  },
  {
    name: 'SIGTERM, with clients that never finish what they send',
    isSlow: true,
    before: ({ server }) => sendFromMany(server.url, `${unfinished}content-length: 1000\r\n\r\n{`),
  },
  {
    name: 'SIGTERM, while the mail server dawdles',
    isSlow: true,
    async before({ mail }) {
      mail.dawdle(60_000)
      await delay(1_500)
    },
  },
  {
    name: 'SIGTERM, while the database swallows packets',
    isSlow: true,
    before: ({ proxy }) => proxy.cut('stalled'),
  },
  {
    name: 'SIGTERM, while the database refuses connections',
    isSlow: true,
    before: ({ proxy }) => proxy.cut('refused'),
  },
  { name: 'kill -9 under writes, and a new start', isKilled: true },
]

const unfinished = 'POST /api/auth/login HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n'

async function sendFromMany(url: string, text: string): Promise<void> {
  const sockets = Array.from({ length: deafClients }, () => connect(Number(new URL(url).port), '127.0.0.1').pause())
  for (const socket of sockets) socket.on('error', () => socket.destroy()).write(text)
  await delay(1_000)
}

const exitWithinMs = 30_000
// A start after a kill may find unfinished work of the previous server.
const mostStarts = 2.5

/** Ends a server under load, starts the next one, and compares the responses with the data. */
export async function runEnding(lane: Lane, ending: Ending): Promise<Harm> {
  const world = await lane.createWorld({ delayMs: 0 })
  const { server, settings, mail, proxy } = world
  try {
    const ledger = createLedger()
    const traffic = startTraffic({ ...world, url: server.url, ledger })
    await traffic.warm()
    await delay(world.extent.before)
    await ending.before?.(world)
    const startedAt = performance.now()
    const exit = ending.isKilled ? await server.kill() : await stopWithin(world, exitWithinMs, 'SIGTERM')
    const endedAt = performance.now()
    await traffic.stop()
    mail.dawdle(0)
    proxy.restore()
    const next = await startServer(settings)
    const backAfterMs = performance.now() - endedAt
    await next.kill()
    const audit = await ledger.audit(await world.connect())
    return describe({ ending, traffic, startedAt, endedAt, exit, backAfterMs, audit }, world)
  } finally {
    await world.close()
  }
}

interface Story {
  ending: Ending
  traffic: Traffic
  startedAt: number
  endedAt: number
  exit: number | string
  backAfterMs: number
  audit: Audit
}

function describe(story: Story, { server, startMs }: World): Harm {
  const { ending, traffic, startedAt, endedAt, exit, backAfterMs, audit } = story
  const bad = traffic.outcomes.filter((outcome) => isLost(story, outcome))
  const always: Checks['always'] = [
    [bad.some(isWrong), 'BAD ANSWERS'],
    [disagrees(audit), 'THE LEDGER DISAGREES'],
    [exit !== (ending.isKilled ? 'SIGKILL' : 0), 'EXIT CODE'],
  ]
  const inTime: Checks['inTime'] = [
    [bad.length > 0, 'ANSWERS LOST'],
    [isLate(traffic.outcomes), 'LATE REFUSALS'],
    [backAfterMs > mostStarts * startMs, `A START TOOK ${rounded(backAfterMs / startMs, 1)} TIMES THE FIRST`],
    [!ending.isKilled && readyShare(story) > 0, 'READY THOUGH ENDING'],
  ]
  const checks = { always, inTime, isBusy: wasBusy(traffic.outcomes, startedAt) }
  return {
    fault: ending.name,
    seconds: rounded((endedAt - startedAt) / 1000, 1),
    answers: traffic.outcomes.length,
    refused: traffic.outcomes.filter(isGoodRefusal).length,
    'bad answers': listBad(bad),
    'slowest refusal, s': slowestRefusal(traffic.outcomes),
    'ready, %': rounded(100 * readyShare(story)),
    'back after, s': rounded(backAfterMs / 1000, 1),
    acknowledged: audit.acknowledged,
    ledger: describeLedger(audit, 0),
    'exit code': exit,
    verdict: toVerdict(ending.name, checks, server.faults()),
  }
}

// A new connection that this server refuses would reach another server; an accepted request must get a response.
function isLost({ ending, startedAt }: Story, outcome: Outcome): boolean {
  if (ending.isKilled && endOf(outcome) > startedAt) return false
  return isBad(outcome) && outcome.fault !== 'ECONNREFUSED'
}

function readyShare({ traffic, startedAt }: Story): number {
  const asked = traffic.outcomes.filter((one) => one.kind === 'readyz' && one.startedAt > startedAt + 100)
  return asked.filter(isGood).length / Math.max(1, asked.length)
}
