import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { createSampler, type Series } from './endurance/resources.js'
import { setStage } from './endurance/stage.js'
import { startTraffic, type Tally } from './endurance/traffic.js'
import { findTrend, type Trend } from './endurance/trend.js'
import { report } from './support/report.js'
import { rounded } from './support/timing.js'

const sampleMs = 1_000
const quickMinutes = 1.25
// Below this, half of the load is missing, so that the absence of a trend says nothing.
const leastShareExpected = 0.5

/** Keeps a production build under a mixed load, and fails if it needs more and more of a resource. */
const { values } = parseArgs({
  options: { minutes: { type: 'string' }, quick: { type: 'boolean', default: false } },
})
const minutes = Number(values.minutes ?? (values.quick ? quickMinutes : 5))
if (!(minutes >= 1)) throw new Error(`--minutes takes a number of 1 or more, not "${values.minutes}".`)
const stage = await setStage()
try {
  const { series, tallies, seconds } = await observe()
  report('The load', tallies)
  console.log(`${stage.mails.length} mails were sent`)
  const faults = [...findCrash(), ...findMissing(tallies)]
  if (faults.length === 0) {
    const judged = series.map(({ resource, points }) => ({ ...resource, ...findTrend(points, resource.tolerance) }))
    report(`What the server held during the last two thirds of ${Math.round(seconds)} s`, judged.map(describe))
    faults.push(...judged.filter(({ isUpward }) => isUpward).map((one) => describeGrowth(one, seconds)))
  }
  for (const fault of faults) console.error(`\n${fault}`)
  if (faults.length > 0) process.exitCode = 1
} finally {
  await stage.close()
}

type Judged = Series['resource'] & Trend

async function observe() {
  const { server, database, people, admin } = stage
  const traffic = startTraffic({ url: server.url, people, admin })
  const { series, sample } = createSampler(server.url, database, traffic.count)
  const startedAt = performance.now()
  const elapsed = () => performance.now() - startedAt
  while (elapsed() < minutes * 60_000 && server.isRunning()) {
    await sample()
    await delay(sampleMs - (elapsed() % sampleMs))
  }
  await traffic.stop()
  return { series, tallies: traffic.tallies(), seconds: elapsed() / 1_000 }
}

function describe({ name, unit, from, growth, per1000Requests, z, isUpward }: Judged) {
  return {
    'lowest values of': unit === 'MB' ? `${name}, MB` : name,
    from: rounded(from, 1),
    growth: rounded(growth, 1),
    'per 1,000 requests': rounded(per1000Requests, 3),
    'Mann-Kendall z': rounded(z, 1),
    verdict: isUpward ? 'GROWS' : 'ok',
  }
}

function describeGrowth({ name, unit, from, growth, per1000Requests }: Judged, seconds: number): string {
  const amount = (value: number, digits: number) => `${rounded(value, digits)}${unit === 'MB' ? ' MB' : ''}`
  return (
    `The server holds more and more: ${name} grew by ${amount(per1000Requests, 3)} per 1,000 requests, from ` +
    `${amount(from, 1)} to ${amount(from + growth, 1)}, over the last ${Math.round((seconds * 2) / 3)} seconds.`
  )
}

function findCrash(): string[] {
  return stage.server.isRunning() ? [] : [`The server ended: ${stage.server.faults().join('; ')}`]
}

function findMissing(tallies: readonly Tally[]): string[] {
  return tallies
    .filter((row) => row['as expected'] <= leastShareExpected * row.count)
    .map(({ requests, count, statuses }) => `The load was not as intended: ${requests}, ${count} sent: ${statuses}.`)
}
