import { setTimeout as delay } from 'node:timers/promises'
import type { Request } from '../support/http.js'
import { startLoad } from '../support/load.js'
import type { Load } from '../support/load-process.js'
import { isAsked, type Options } from '../support/options.js'
import { confirm, describeHarm, type Harm } from './harm.js'
import { type Answers, askAsOthers } from './others.js'
import type { HostileStage } from './stage.js'
import { startTarget, type Target } from './target.js'
import { floodsOf, harmless } from './targets.js'

const connections = 80
const floorMs = 10

interface Field {
  stage: HostileStage
  load: ReturnType<typeof startLoad>
  target: Target
  ms: number
}

/**
 * One address floods over 80 connections while others measure their responses, alternating with as many connections
 * that send cheap requests, so that the effect of any load on this machine does not count.
 */
export async function runFloods(stage: HostileStage, options: Options): Promise<Harm[]> {
  const asked = Object.entries(floodsOf(stage)).filter(([name]) => isAsked(options, `flood: ${name}`))
  const wanted = asked.filter(([, { isQuick }]) => !options.isQuick || options.only !== '' || isQuick)
  if (wanted.length === 0) return []
  const field = {
    stage,
    load: startLoad(),
    target: await startTarget(stage.settings),
    ms: options.isQuick ? 2_500 : 6_000,
  }
  try {
    // A server that has just started still compiles its code.
    await flood(field, harmless)
    const harms: Harm[] = []
    for (const [name, { requests }] of wanted) harms.push(await confirm(() => runFlood(field, name, requests)))
    return harms
  } finally {
    field.load.stop()
    await field.target.stop()
  }
}

async function runFlood(field: Field, name: string, requests: readonly Request[]): Promise<Harm> {
  const server = field.target.server()
  const { attacked: calm } = await flood(field, harmless)
  const bytesBefore = server.residentBytes()
  const { load, attacked } = await flood(field, requests)
  const answered = Object.entries(load.statuses).map(([status, count]) => `${count} x ${status}`)
  const harm = describeHarm(`flood: ${name}`, {
    server,
    bytesBefore,
    mostBytes: server.residentBytes(),
    calm,
    attacked,
    floorMs,
    isQuick: field.stage.isQuick,
    answered: answered.join(', '),
  })
  await field.target.revive()
  return harm
}

/** Each flood has a different address, so that the limits of one do not affect the next. */
async function flood({ stage, load, target, ms }: Field, requests: readonly Request[]): Promise<Flooded> {
  const { url } = target.server()
  const order = { port: Number(new URL(url).port), requests, connections, address: stage.nextAddress() }
  const [flooded, attacked] = await Promise.all([load.run({ ...order, ms: ms + 300 }), askAsOthers(url, stage, { ms })])
  await delay(500)
  return { load: flooded, attacked }
}

interface Flooded {
  load: Load
  attacked: Answers
}
