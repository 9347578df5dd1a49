import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { withConnection } from '../server/core/database/connection.js'
import type { Release } from './rolling-update/releases.js'
import { openReleaseStage, type Stage } from './rolling-update/stage.js'
import { startTraffic, type Tally } from './rolling-update/traffic.js'
import { haproxyProgram } from './support/haproxy.js'
import { report } from './support/report.js'
import { rounded } from './support/timing.js'

/**
 * Replaces a column in four releases, as the guide says, while clients use two instances behind HAProxy. Fails if a
 * request fails, if a session is shown with another user agent than the last one, or if an instance logs an error.
 */
const userAgentBefore = 'bench'
// Enough for several refreshes of each client, through both releases.
const mixedMs = 5_000
if (existsSync(haproxyProgram)) await main()
else {
  console.error('This benchmark needs HAProxy. On Debian: apt-get install haproxy')
  process.exitCode = 1
}

async function main(): Promise<void> {
  const stage = await openReleaseStage()
  try {
    const traffic = startTraffic(stage.url, stage.people, userAgentBefore)
    const rows = []
    for (const [index, release] of stage.releases.entries()) {
      const former = stage.releases[index - 1]
      if (former) rows.push(await measure(release, traffic.tally, () => update(stage, traffic, { former, release })))
    }
    await traffic.stop()
    report('Rolling updates that replace a column', rows)
    conclude(traffic.tally, stage.errors())
  } finally {
    await stage.close()
  }
}

/** Migrates, updates the first instance, returns to the former release and updates again, then updates the second. */
async function update(
  { settings, replace }: Stage,
  traffic: ReturnType<typeof startTraffic>,
  { former, release }: { former: Release; release: Release },
): Promise<void> {
  await promisify(execFile)(process.execPath, ['server/run.mjs', 'migrate'], {
    cwd: release.folder,
    env: { PATH: process.env.PATH, ...settings },
  })
  for (const next of [release, former, release]) {
    await replace(0, next)
    traffic.allowRefreshes(true)
  }
  await delay(mixedMs)
  traffic.allowRefreshes(false)
  await replace(1, release)
  const { fill } = release
  if (!fill) return
  await withConnection(settings.DATABASE_URL ?? '', async (client) => {
    while ((await client.query(fill)).rowCount) {}
  })
}

async function measure({ name }: Release, tally: Tally, act: () => Promise<void>) {
  const before = { answers: tally.answers, failed: tally.failed.length, wrong: tally.wrong.length }
  const start = performance.now()
  await act()
  return {
    update: name,
    seconds: rounded((performance.now() - start) / 1000, 0),
    answers: tally.answers - before.answers,
    failed: tally.failed.length - before.failed,
    wrong: tally.wrong.length - before.wrong,
  }
}

function conclude({ answers, failed, wrong }: Tally, errors: readonly string[]): void {
  for (const fault of new Set([...failed, ...wrong, ...errors])) console.error(fault)
  const isGood = answers > 0 && failed.length + wrong.length + errors.length === 0
  console.log(`${answers} answers: ${failed.length} failed, ${wrong.length} wrong, ${errors.length} errors in the logs`)
  if (!isGood) process.exitCode = 1
}
