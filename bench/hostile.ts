import { runFloods } from './hostile/floods.js'
import { type GrowingAttack, type Growth, measureGrowth, measurePlain } from './hostile/growth.js'
import { headAttacks } from './hostile/heads.js'
import { procedureAttacks } from './hostile/procedures.js'
import { shapeAttacks } from './hostile/shapes.js'
import { runDeafSockets, runSlowSockets } from './hostile/sockets.js'
import { setStage } from './hostile/stage.js'
import { isAsked, readOptions } from './support/options.js'
import { createRandom } from './support/random.js'
import { report } from './support/report.js'

const shownRows = 8
const byChance = 150

/** What an outsider can do to others: hostile inputs, sockets and floods against a production build. */
const options = readOptions('hostile')
const stage = await setStage(options)
try {
  // The cost of an input is processor time, which does not grow because sockets hang about elsewhere.
  const [growths, slow] = await Promise.all([measureGrowths(), runSlowSockets(stage, options)])
  const harms = [...slow, ...(await runDeafSockets(stage, options)), ...(await runFloods(stage, options))]
  reportGrowths(growths)
  report('What one outsider does to others', harms)
  const broken = [...growths, ...harms].filter(({ verdict }) => verdict !== 'ok')
  console.log(`\n${growths.length + harms.length} attacks, ${broken.length} of them succeeded (seed ${options.seed})`)
  for (const { attack, verdict } of broken) console.log(`  ${attack}: ${verdict}`)
  process.exitCode = broken.length > 0 ? 1 : 0
} finally {
  await stage.close()
}

async function measureGrowths(): Promise<Growth[]> {
  const asked = chooseGrowths()
  if (asked.length === 0) return []
  const plain = await measurePlain(stage.target)
  const growths: Growth[] = []
  for (const attack of asked) growths.push(await measureGrowth(stage.target, attack, plain))
  return growths
}

// A quick run takes some by chance, which the seed repeats.
function chooseGrowths(): GrowingAttack[] {
  const random = createRandom(options.seed)
  const all = [...procedureAttacks(stage, options), ...shapeAttacks(stage), ...headAttacks(stage, random)]
  const asked = all.filter(({ name }) => isAsked(options, name))
  if (!options.isQuick || options.only !== '') return asked
  const chosen = random.shuffle(asked.filter(({ isEssential }) => !isEssential)).slice(0, byChance)
  return [...asked.filter(({ isEssential }) => isEssential), ...chosen]
}

function reportGrowths(growths: readonly Growth[]): void {
  const [good, broken] = [true, false].map((isGood) => growths.filter(({ verdict }) => (verdict === 'ok') === isGood))
  report('Inputs that cost more than they should', broken ?? [])
  const dearest = (good ?? []).toSorted((a, b) => b['to plain'] - a['to plain'])
  report('The dearest of the others', dearest.slice(0, shownRows))
}
