import { setTimeout as delay } from 'node:timers/promises'
import { createRandom } from '../../server/testing/random.js'
import { type Answer, send } from '../support/http.js'
import { type Server, startServer } from '../support/server-process.js'
import { rounded } from '../support/timing.js'
import type { Harm } from './judge.js'
import { creations } from './targets.js'
import type { Lane, World } from './world.js'

const parallel = 6

interface Repetitions {
  rounds: number
  seed: number
}

/**
 * Kills the server while it creates rows with an `Idempotency-Key`, starts it again and repeats the requests: each key
 * has one row, and the answer of the first request if there was one.
 */
export function killAndRepeat({ rounds, seed }: Repetitions) {
  const name = 'kill -9 between a creation and its answer, and the request again'
  const run = async (lane: Lane): Promise<Harm> => {
    const world = await lane.createWorld({ delayMs: 0 })
    const startedAt = performance.now()
    const random = createRandom(seed)
    const found: Found = { repeated: 0, wrong: [] }
    let { server } = world
    try {
      for (let round = 0; round < rounds; round += 1) {
        const keys = Array.from({ length: parallel }, (_, index) => `ledger-${seed}-${round}-${index}`)
        const firsts = keys.map((key) => create(server, world, key))
        // The others are then about to begin, to be committed or to be answered.
        await untilAnswered(firsts, random.below(parallel))
        await server.kill()
        server = await startServer(world.settings)
        compare(found, await Promise.all(firsts), await repeatAll(server, world, keys))
      }
      const rows = await countRows(world)
      const seconds = rounded((performance.now() - startedAt) / 1000, 1)
      return describe({ name, seconds, expected: rounds * parallel, rows, found })
    } finally {
      await server.kill()
      await world.close()
    }
  }
  return { name, run, isSlow: false }
}

interface Found {
  /** Repetitions that got the stored answer. */
  repeated: number
  wrong: string[]
}

async function create(server: Server, { admin }: World, key: string): Promise<Answer> {
  const { path, body } = creations.invitation
  const headers = { authorization: `Bearer ${admin.accessToken}`, 'idempotency-key': key }
  return send(server.url, { method: 'POST', path, headers, body: JSON.stringify(body(key)) })
}

async function untilAnswered(requests: readonly Promise<unknown>[], count: number): Promise<void> {
  let answered = 0
  for (const request of requests) void request.then(() => (answered += 1))
  while (answered < count) await delay(1)
}

async function repeatAll(server: Server, world: World, keys: readonly string[]): Promise<Answer[]> {
  return Promise.all(
    keys.map(async (key) => {
      for (;;) {
        const answer = await create(server, world, key)
        // The database may not have noticed yet that the first server is dead.
        if (answer.status !== 409) return answer
        await delay(200)
      }
    }),
  )
}

function compare(found: Found, firsts: readonly Answer[], seconds: readonly Answer[]): void {
  for (const [index, second] of seconds.entries()) {
    const first = firsts[index]
    if (second.headers['idempotency-replayed'] === 'true') found.repeated += 1
    if (second.status !== 201) found.wrong.push(`repetition ${second.status || second.fault}`)
    if (first?.status === 201 && first.body !== second.body) found.wrong.push('another answer')
  }
}

async function countRows({ database }: World): Promise<{ all: number; distinct: number }> {
  const { rows } = await database.query<{ key: string }>(creations.invitation.keys)
  return { all: rows.length, distinct: new Set(rows.map(({ key }) => key)).size }
}

interface Result {
  name: string
  seconds: number
  expected: number
  rows: { all: number; distinct: number }
  found: Found
}

function describe({ name, seconds, expected, rows, found }: Result): Harm {
  const isOnce = rows.all === expected && rows.distinct === expected
  const problems = [...new Set(found.wrong), ...(isOnce ? [] : ['NOT ONE ROW FOR EACH KEY'])]
  return {
    fault: name,
    seconds,
    answers: 2 * expected,
    refused: 0,
    'bad answers': found.wrong.length > 0 ? `${found.wrong.length} of ${expected}` : '',
    'slowest refusal, s': '',
    'ready, %': '',
    'back after, s': '',
    acknowledged: expected,
    ledger: isOnce ? `agrees, ${found.repeated} repeated` : `${rows.all} rows for ${expected} keys`,
    'exit code': 'SIGKILL',
    verdict: problems.join(', ') || 'ok',
  }
}
