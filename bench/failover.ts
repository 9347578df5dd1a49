import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { judge } from './failover/judge.js'
import { findPrograms, type Programs } from './failover/programs.js'
import { type Failover, runFailover } from './failover/run.js'
import { report } from './support/report.js'

/** Loses the primary of two PostgreSQL servers under load, promotes its standby, and fails if users notice more than 503. */
const unconfirmedMs = 1_000
const failovers: readonly Failover[] = [
  { name: 'killed', leave: ({ primary }) => primary.kill(), withoutPrimaryMs: 3_000 },
  { name: 'silent', leave: ({ primary }) => primary.freeze(), withoutPrimaryMs: 3_000 },
  { name: 'killed before it could confirm', leave: killUnconfirmed, withoutPrimaryMs: 3_000 },
  { name: 'switchover', leave: ({ primary }) => primary.stop(), withoutPrimaryMs: 0 },
]
const { values } = parseArgs({ options: { only: { type: 'string', default: '' } } })
const programs = findPrograms()
if (typeof programs === 'string') {
  console.error(programs)
  process.exitCode = 1
} else {
  await runAll(programs)
}

async function runAll(programs: Programs): Promise<void> {
  const chosen = failovers.filter(({ name }) => name.includes(values.only.toLowerCase()))
  if (chosen.length === 0) throw new Error(`--only takes a part of: ${failovers.map(({ name }) => name).join(', ')}.`)
  for (const failover of chosen) {
    const story = await runFailover(failover, programs)
    const measures = judge(story)
    const rows = measures.map(({ name, value, isBroken }) => ({
      measure: name,
      value,
      verdict: isBroken ? 'BROKEN' : '',
    }))
    report(`A failover with a primary that was lost: ${failover.name}`, rows)
    if (!measures.some(({ isBroken }) => isBroken)) continue
    for (const line of story.errors.slice(0, 12)) console.log(`  log: ${line}`)
    process.exitCode = 1
  }
}

/** The standby has the last commits, but clients get an error, because it did not confirm them in time. */
async function killUnconfirmed({ primary, standby }: Parameters<Failover['leave']>[0]): Promise<void> {
  standby.freeze()
  await delay(unconfirmedMs)
  await primary.kill()
  standby.thaw()
}
