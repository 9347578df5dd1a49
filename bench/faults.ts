import { availableParallelism } from 'node:os'
import { databaseFaults } from './faults/database.js'
import { endings, runEnding } from './faults/endings.js'
import { type Harm, isAboutTime } from './faults/judge.js'
import { networkFaults } from './faults/network.js'
import { runFault } from './faults/run.js'
import { type Extent, type Lane, openLane } from './faults/world.js'
import { isAsked, readOptions } from './support/options.js'
import { createRandom } from './support/random.js'
import { report } from './support/report.js'

const extents = {
  full: { lanes: Math.max(1, availableParallelism() - 1), writers: 24, mostCause: 30_000, before: 2_000, after: 7_000 },
  // A cause is longer than the 5 seconds after which a silent connection is given up.
  quick: { lanes: 1, writers: 10, mostCause: 6_500, before: 1_000, after: 2_500 },
} as const satisfies Record<string, Extent & { lanes: number }>
// No other case begins after this, so that a quick run ends in three minutes on a machine that is busy.
const quickMs = 125_000
// The access tokens of a lane's people are good for 15 minutes.
const laneMs = 360_000

/** What the database's faults do to a server under load, with a ledger of what it acknowledged. */
const options = readOptions('faults')
const faults = [...networkFaults, ...databaseFaults].map((fault) => ({
  ...fault,
  run: (lane: Lane) => runFault(lane, fault),
}))
const ends = endings.map((ending) => ({ ...ending, run: (lane: Lane) => runEnding(lane, ending) }))
const asked = [...faults, ...ends].filter(({ name }) => isAsked(options, name))
const chosen = asked.filter(({ isSlow }) => !options.isQuick || options.only !== '' || !isSlow)
// By chance, so that each case has its turn even where a quick run has no time for all of them.
const waiting = options.isQuick ? createRandom(options.seed).shuffle(chosen) : chosen
const extent = options.isQuick ? extents.quick : extents.full
const isInTime = options.isQuick ? isYounger(quickMs) : () => true
const harms = (await Promise.all(Array.from({ length: extent.lanes }, runLane))).flat()
report('What a fault of the database does', harms)
const broken = harms.filter(({ verdict }) => !verdict.startsWith('ok'))
console.log(`\n${harms.length} faults, ${broken.length} of them did harm`)
if (waiting.length > 0) console.log(`There was no time for: ${waiting.map(({ name }) => name).join('; ')}`)
process.exitCode = broken.length > 0 ? 1 : 0

async function runLane(): Promise<Harm[]> {
  const harms: Harm[] = []
  while (waiting.length > 0 && isInTime()) {
    const lane = await openLane(extent)
    const isFresh = isYounger(laneMs)
    try {
      while (isFresh() && isInTime()) {
        const next = waiting.shift()
        if (!next) break
        const harm = await next.run(lane)
        // Something else may have taken the processor for a while; it does not do so twice.
        harms.push(options.isQuick && isAboutTime(harm) ? await next.run(lane) : harm)
      }
    } finally {
      await lane.close()
    }
  }
  return harms
}

function isYounger(ms: number): () => boolean {
  const madeAt = performance.now()
  return () => performance.now() - madeAt < ms
}
