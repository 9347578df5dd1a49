import { runFloods } from './hostile/floods.js'
import { measureGrowth, measurePlain } from './hostile/growth.js'
import { procedureAttacks } from './hostile/procedures.js'
import { shapeAttacks } from './hostile/shapes.js'
import { runSockets } from './hostile/sockets.js'
import { setStage } from './hostile/stage.js'
import { startTarget } from './hostile/target.js'
import { isAsked, readOptions } from './support/options.js'
import { report } from './support/report.js'

/** What an outsider can do to others: hostile inputs, sockets and floods against a production build. */
const options = readOptions('hostile')
const stage = await setStage(options)
const target = await startTarget(stage.settings)
try {
  report(
    'sockets',
    (await runSockets(stage, options)).map((row) => ({ ...row })),
  )
  report(
    'floods',
    (await runFloods(stage, options)).map((row) => ({ ...row })),
  )
  const plain = await measurePlain(target, '/api/auth/logout')
  const attacks = [...procedureAttacks(stage, options), ...shapeAttacks(stage)].filter(({ name }) =>
    isAsked(options, name),
  )
  console.log(`${attacks.length} growing inputs`)
  const rows = []
  for (const attack of attacks) {
    const row = await measureGrowth(target, attack, plain)
    rows.push(row)
    if (row.verdict !== 'ok') console.log(row.attack, row.verdict)
  }
  report(
    'growth',
    rows.filter(({ verdict }) => verdict !== 'ok').map((row) => ({ ...row })),
  )
  report(
    'growth, dearest',
    rows
      .toSorted((a, b) => b['to plain'] - a['to plain'])
      .slice(0, 15)
      .map((row) => ({ ...row })),
  )
  report(
    'growth, steepest',
    rows
      .toSorted((a, b) => b.ratio - a.ratio)
      .slice(0, 15)
      .map((row) => ({ ...row })),
  )
  console.log(target.server().faults())
} finally {
  await target.stop()
  await stage.close()
}
