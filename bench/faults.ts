import { databaseFaults } from './faults/database.js'
import { networkFaults } from './faults/network.js'
import { type Fault, type Harm, runFault } from './faults/run.js'
import { type Lane, openLane } from './faults/world.js'
import { isAsked, readOptions } from './support/options.js'
import { report } from './support/report.js'

const lanes = 2

/** What the database's faults do to a server under load, with a ledger of what it acknowledged. */
const options = readOptions('faults')
const faults = [...networkFaults, ...databaseFaults].filter(({ name }) => isAsked(options, name))
const opened = await Promise.all(Array.from({ length: Math.min(lanes, faults.length) }, openLane))
try {
  const waiting = [...faults]
  const harms = (await Promise.all(opened.map((lane) => runNext(lane, waiting)))).flat()
  report('What a fault of the database does', harms)
  const broken = harms.filter(({ verdict }) => verdict !== 'ok')
  console.log(`\n${harms.length} faults, ${broken.length} of them did harm`)
  process.exitCode = broken.length > 0 ? 1 : 0
} finally {
  await Promise.all(opened.map((lane) => lane.close()))
}

async function runNext(lane: Lane, waiting: Fault[]): Promise<Harm[]> {
  const harms: Harm[] = []
  for (let fault = waiting.shift(); fault; fault = waiting.shift()) harms.push(await runFault(lane, fault))
  return harms
}
