import { createRandom } from '../server/testing/random.js'
import { runFloods } from './hostile/floods.js'
import { type GrowingAttack, type Growth, measureGrowth, measurePlain } from './hostile/growth.js'
import { tooBusy } from './hostile/harm.js'
import { headAttacks } from './hostile/heads.js'
import { procedureAttacks } from './hostile/procedures.js'
import { shapeAttacks } from './hostile/shapes.js'
import { runDeafSockets, runSlowSockets } from './hostile/sockets.js'
import { setStage } from './hostile/stage.js'
import { isAsked, readOptions } from './support/options.js'
import { report } from './support/report.js'

const shownRows = 8
// The randomly chosen cases of a quick run end after this time.
const chanceMs = 30_000

/** Measures what an attacker can do to other clients: hostile inputs, sockets and floods against a production build. */
const options = readOptions('hostile')
const stage = await setStage(options)
try {
  // The cost of an input is processor time, which does not grow because of open sockets. The response times of others
  // do, so a quick run, which shares the machine with other work, runs one attack after the other.
  const slowly = options.isQuick ? undefined : runSlowSockets(stage, options)
  const growths = await measureGrowths()
  const slow = await (slowly ?? runSlowSockets(stage, options))
  const harms = [...slow, ...(await runDeafSockets(stage, options)), ...(await runFloods(stage, options))]
  reportGrowths(growths)
  report('What one outsider does to others', harms)
  const isFine = (verdict: string) => verdict === 'ok' || (options.isQuick && verdict === tooBusy)
  const broken = [...growths, ...harms].filter(({ verdict }) => !isFine(verdict))
  console.log(`\n${growths.length + harms.length} attacks, ${broken.length} of them succeeded (seed ${options.seed})`)
  for (const { attack, verdict } of broken) console.log(`  ${attack}: ${verdict}`)
  process.exitCode = broken.length > 0 ? 1 : 0
} finally {
  await stage.close()
}

async function measureGrowths(): Promise<Growth[]> {
  const [asked, byChance] = chooseGrowths()
  if (asked.length + byChance.length === 0) return []
  const plain = await measurePlain(stage.target)
  const growths: Growth[] = []
  for (const attack of asked) growths.push(await measureGrowth(stage, attack, plain))
  const end = performance.now() + chanceMs
  for (const attack of byChance) {
    if (performance.now() < end) growths.push(await measureGrowth(stage, attack, plain))
  }
  return growths
}

/** Those that are always measured, and in a quick run as many random ones as fit. */
function chooseGrowths(): [GrowingAttack[], GrowingAttack[]] {
  // The seed determines their order.
  const random = createRandom(options.seed)
  const all = [...procedureAttacks(stage, options), ...shapeAttacks(stage), ...headAttacks(stage, random)]
  const asked = all.filter(({ name }) => isAsked(options, name))
  if (!options.isQuick || options.only !== '') return [asked, []]
  return [
    asked.filter(({ isEssential }) => isEssential),
    random.shuffle(asked.filter(({ isEssential }) => !isEssential)),
  ]
}

function reportGrowths(growths: readonly Growth[]): void {
  const [good, broken] = [true, false].map((isGood) => growths.filter(({ verdict }) => (verdict === 'ok') === isGood))
  report('Inputs that cost more than they should', broken ?? [])
  const dearest = (good ?? []).toSorted((a, b) => b['to plain'] - a['to plain'])
  report('The dearest of the others', dearest.slice(0, shownRows))
}
