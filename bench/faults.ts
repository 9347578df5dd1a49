import { databaseFaults } from './faults/database.js'
import { endings, runEnding } from './faults/endings.js'
import type { Harm } from './faults/judge.js'
import { networkFaults } from './faults/network.js'
import { runFault } from './faults/run.js'
import { type Lane, openLane } from './faults/world.js'
import { isAsked, readOptions } from './support/options.js'
import { report } from './support/report.js'

const lanes = 3

/** What the database's faults do to a server under load, with a ledger of what it acknowledged. */
const options = readOptions('faults')
const faults = [...networkFaults, ...databaseFaults].map((fault) => ({
  ...fault,
  run: (lane: Lane) => runFault(lane, fault),
}))
const ends = endings.map((ending) => ({ ...ending, run: (lane: Lane) => runEnding(lane, ending) }))
const asked = [...faults, ...ends].filter(({ name }) => isAsked(options, name))
const waiting = asked.filter(({ isSlow }) => !options.isQuick || options.only !== '' || !isSlow)
const opened = await Promise.all(Array.from({ length: Math.min(lanes, waiting.length) }, openLane))
try {
  const harms = (await Promise.all(opened.map((lane) => runNext(lane)))).flat()
  report('What a fault of the database does', harms)
  const broken = harms.filter(({ verdict }) => verdict !== 'ok')
  console.log(`\n${harms.length} faults, ${broken.length} of them did harm`)
  process.exitCode = broken.length > 0 ? 1 : 0
} finally {
  await Promise.all(opened.map((lane) => lane.close()))
}

async function runNext(lane: Lane): Promise<Harm[]> {
  const harms: Harm[] = []
  for (let next = waiting.shift(); next; next = waiting.shift()) harms.push(await next.run(lane))
  return harms
}
