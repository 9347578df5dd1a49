import { parseArgs } from 'node:util'
import { writePerformancePage } from './cost/page.js'
import { measurePrisma } from './cost/prisma-reads.js'
import { describeGoal, isAsGood, measureRequests } from './cost/requests.js'
import { prepare } from './cost/stage.js'
import { measureStages } from './cost/stages.js'
import { measureStart } from './cost/start.js'
import { report } from './support/report.js'
import { rounded } from './support/timing.js'

/**
 * What a request costs the process of a production server, in processor time, beside a bare Fastify server with one
 * prepared statement, in turns. `--quick` measures briefly, with fewer rows, and fails if a ratio is out of its bound;
 * `--write` writes `docs/performance.md` and its plot.
 */
const { values } = parseArgs({ options: { quick: { type: 'boolean' }, write: { type: 'boolean' } } })
const isQuick = values.quick ?? false
const stage = await prepare({ posts: isQuick ? 20_000 : 1_000_000 })
try {
  const start = await measureStart(stage, { starts: isQuick ? 1 : 5 })
  const requests = await measureRequests(stage, isQuick ? { rounds: 5, ms: 600 } : { rounds: 9, ms: 1_500 })
  const prisma = await measurePrisma(stage, isQuick ? { rounds: 7, reads: 500 } : { rounds: 15, reads: 2_000 })
  const stages = await measureStages(stage, { ms: isQuick ? 2_000 : 8_000 })
  const ratios = [...requests.ratios, prisma]
  const memory = { what: 'resident memory after the requests, MiB', value: rounded(requests.residentBytes / 1024 ** 2) }
  const ofProcess = [...start, memory]
  report('Processor time of a request', requests.costs)
  report(
    'Ratios',
    ratios.map((each) => ({ row: each.row, ratio: rounded(each.ratio, 2), goal: describeGoal(each) })),
  )
  report('Where the time of a request goes, µs', stages)
  report('The process', ofProcess)
  if (values.write) await writePerformancePage({ costs: requests.costs, ratios, stages, start: ofProcess })
  const failed = ratios.filter((ratio) => !isAsGood(ratio, ratio.bound))
  for (const { row, ratio } of failed) console.error(`${row}: ${rounded(ratio, 2)} is out of its bound.`)
  if (failed.length > 0) process.exitCode = 1
} finally {
  await stage.stop()
}
