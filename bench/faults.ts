import { availableParallelism } from 'node:os'
import { createRandom } from '../server/testing/random.js'
import { databaseFaults } from './faults/database.js'
import { endings, runEnding } from './faults/endings.js'
import { type Harm, isAboutTime } from './faults/judge.js'
import { networkFaults } from './faults/network.js'
import { killAndRepeat } from './faults/repetitions.js'
import { runFault } from './faults/run.js'
import { type Extent, type Lane, openLane } from './faults/world.js'
import { isAsked, readOptions } from './support/options.js'
import { report } from './support/report.js'

const extents = {
  full: { lanes: Math.max(1, availableParallelism() - 1), writers: 24, mostCause: 30_000, before: 2_000, after: 7_000 },
  // A fault lasts longer than the 5 seconds after which a connection without a response is closed.
  quick: { lanes: 1, writers: 10, mostCause: 6_500, before: 1_000, after: 2_500 },
} as const satisfies Record<string, Extent & { lanes: number }>
// No further case starts after this time, so that a quick run ends within three minutes on a busy machine.
const quickMs = 125_000
// The access tokens of the users in a lane are valid for 15 minutes.
const laneMs = 360_000

/** Measures the effect of database faults on a server under load, and compares acknowledged changes with the data. */
const options = readOptions('faults')
const faults = [...networkFaults, ...databaseFaults].map((fault) => ({
  ...fault,
  run: (lane: Lane) => runFault(lane, fault),
}))
const ends = endings.map((ending) => ({ ...ending, run: (lane: Lane) => runEnding(lane, ending) }))
const repetitions = killAndRepeat({ rounds: options.isQuick ? 8 : 100, seed: options.seed })
const asked = [...faults, ...ends, repetitions].filter(({ name }) => isAsked(options, name))
const chosen = asked.filter(({ isSlow }) => !options.isQuick || options.only !== '' || !isSlow)
// In random order, so that each case is run at some time even if a quick run has no time for all.
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
        // Other processes may have slowed it down, which is unlikely to happen twice.
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
