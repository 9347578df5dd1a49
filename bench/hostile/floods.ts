import { startLoad } from '../support/load.js'
import type { Load } from '../support/load-process.js'
import { isAsked, type Options } from '../support/options.js'
import { type Server, startServer } from '../support/server-process.js'
import { rounded } from '../support/timing.js'
import { type Answers, askAsOthers, goodShare, slowdown } from './others.js'
import type { HostileStage } from './stage.js'
import { floods } from './targets.js'

/** A row of the table of what an outsider does to others. */
export type Harm = {
  attack: string
  'attacker is answered': string
  "others' 2xx, %": number | string
  "others' p95 ratio": number | string
  'slowest for others': string
  'RSS, MB': number
  'RSS growth, MB': number
  closed: string
  verdict: string
}

const connections = 80
const attackerAddress = '203.0.113.7'
// One machine runs both sides: some of the wait is for the processor that the attacker itself uses.
const mostSlowdown = 20
const mostGrowthMb = 300

/** One address floods, in turns with nothing, while others measure what they are answered. */
export async function runFloods(stage: HostileStage, options: Options): Promise<Harm[]> {
  const names = Object.keys(floods).filter((name) => isAsked(options, `flood: ${name}`))
  const load = startLoad()
  const harms: Harm[] = []
  try {
    for (const name of names) harms.push(await runFlood(stage, options, { name, load }))
  } finally {
    load.stop()
  }
  return harms
}

interface Flood {
  name: string
  load: ReturnType<typeof startLoad>
}

async function runFlood(stage: HostileStage, { isQuick }: Options, { name, load }: Flood): Promise<Harm> {
  const server = await startServer(stage.settings)
  const ms = isQuick ? 3_000 : 6_000
  try {
    // A server that has just started compiles its code on the way.
    await askAsOthers(server.url, stage, { ms: 1_500 })
    const calm = await askAsOthers(server.url, stage, { ms })
    const before = server.residentBytes()
    const order = {
      port: Number(new URL(server.url).port),
      requests: floods[name] ?? [],
      connections,
      address: attackerAddress,
    }
    const [flooded, attacked] = await Promise.all([
      load.run({ ...order, ms: ms + 1_000 }),
      askAsOthers(server.url, stage, { ms }),
    ])
    return describe(name, { server, before, flooded, calm, attacked })
  } finally {
    await server.kill()
  }
}

interface Outcome {
  server: Server
  before: number
  flooded: Load
  calm: Answers
  attacked: Answers
}

function describe(name: string, { server, before, flooded, calm, attacked }: Outcome): Harm {
  const { kind, ratio } = slowdown(calm, attacked)
  const share = goodShare(attacked)
  const grown = megabytes(server.residentBytes() - before)
  return {
    attack: `flood: ${name}`,
    'attacker is answered': Object.entries(flooded.statuses)
      .map(([status, count]) => `${count} x ${status}`)
      .join(', '),
    "others' 2xx, %": rounded(share * 100, 1),
    "others' p95 ratio": rounded(ratio, 1),
    'slowest for others': kind,
    'RSS, MB': megabytes(server.residentBytes()),
    'RSS growth, MB': grown,
    closed: '',
    verdict: judge({ isRunning: server.isRunning(), share, calmShare: goodShare(calm), ratio, grown }),
  }
}

export const megabytes = (bytes: number): number => rounded(bytes / 2 ** 20)

interface Judged {
  isRunning: boolean
  share: number
  calmShare: number
  ratio: number
  grown: number
}

/** What an attack has done to others, in words; `ok` if nothing. */
export function judge({ isRunning, share, calmShare, ratio, grown }: Judged): string {
  if (!isRunning) return 'THE PROCESS DIED'
  if (calmShare < 1) return 'OTHERS WERE REFUSED BEFORE'
  if (share < 1) return 'OTHERS ARE REFUSED'
  if (ratio > mostSlowdown) return `OTHERS WAIT (bound ${mostSlowdown})`
  return grown > mostGrowthMb ? `MEMORY (bound ${mostGrowthMb} MB)` : 'ok'
}
